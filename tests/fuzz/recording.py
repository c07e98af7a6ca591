"""What each platform sends, recorded once from its emulator, for tests that change something in it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

import aiohttp
from aiohttp import web

from gateway.emulators.slack.emulator import SlackEmulator
from tests.doctor.tunnel import serving
from tests.fuzz.mutations import dumped


class Sent(NamedTuple):
    """A request of Slack's."""

    form: str | None
    """The field that holds the JSON in a form; empty where the form's own fields are the payload; None for a body that
    is JSON."""
    payload: dict[str, Any]

    def body(self, payload: Any) -> tuple[bytes, bytes]:
        """Return content type and body of a request like this one with another payload."""
        if self.form is None:
            return b"application/json", dumped(payload)
        fields: Mapping[str, Any] = payload if isinstance(payload, Mapping) and not self.form else {}
        if self.form:
            fields = {self.form: dumped(payload).decode()}
        texts = {
            str(name): value if isinstance(value, str) else dumped(value).decode() for name, value in fields.items()
        }
        return b"application/x-www-form-urlencoded", urlencode(texts, errors="surrogatepass").encode()


BUTTONS = [
    {
        "type": "actions",
        "block_id": "b",
        "elements": [
            {"type": "button", "action_id": "gw:1", "text": {"type": "plain_text", "text": "Go"}, "value": "1"},
            {
                "type": "static_select",
                "action_id": "gw:2",
                "options": [{"text": {"type": "plain_text", "text": "A"}, "value": "a"}],
            },
        ],
    }
]
VIEW = {
    "type": "modal",
    "callback_id": "gw:form",
    "title": {"type": "plain_text", "text": "Form"},
    "submit": {"type": "plain_text", "text": "OK"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "gw:input"},
        }
    ],
}


async def slack_requests(slack: SlackEmulator) -> list[Sent]:
    """Return one request of each kind that Slack makes, of a workspace in which somebody does everything once."""
    found: dict[str, Sent] = {}

    async def call(method: str, **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {slack.team.bot_token}"}
        async with aiohttp.ClientSession() as session:
            url = f"{slack.world.base}/api/{method}"
            async with session.post(url, json=arguments, headers=headers) as response:
                answer: dict[str, Any] = await response.json()
                return answer

    async def bot(request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        sent = _read(request.content_type, raw)
        event = sent.payload.get("event") or {}
        name = f"{sent.form} {sent.payload.get('type')} {event.get('type')} {event.get('subtype')} {'files' in event}"
        found.setdefault(name, sent)
        if sent.payload.get("type") == "block_actions":
            await call("views.open", trigger_id=sent.payload["trigger_id"], view=VIEW)
        return web.Response()

    async with serving(bot) as url:
        slack.deliver_to(url)
        first = await slack.post("general", "<@U0BOT> hello *there* <https://example.com|link> :tada:")
        await slack.post("general", "in a thread", thread_ts=first)
        await slack.post("D0ADA", "a file", files=[slack.add_file("a.txt", b"abc", "text/plain")])
        await slack.edit("general", first, "@gateway hello again")
        await slack.react("general", first, "thumbsup")
        await slack.react("general", first, "thumbsup", added=False)
        posted = await call("chat.postMessage", channel=slack.general.id, text="choose", blocks=BUTTONS)
        await slack.click(slack.general.id, posted["ts"], "gw:1")
        for view in slack.open_views():
            await slack.submit(view["id"], {"why": {"gw:input": "because"}})
        await slack.command("/gateway", "help")
        await slack.open_home()
        await slack.delete_message("general", first)
        await slack.join("random", "gateway")
        await slack.remove_bot("random")
        await slack.archive("general")
        await slack.settled()
    return list(found.values())


def _read(kind: str, raw: bytes) -> Sent:
    if kind == "application/json":
        return Sent(None, json.loads(raw))
    form = {name: values[0] for name, values in parse_qs(raw.decode(), keep_blank_values=True).items()}
    return Sent("payload", json.loads(form["payload"])) if "payload" in form else Sent("", dict(form))
