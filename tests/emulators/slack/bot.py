"""A bot that verifies, records and answers what the emulated Slack delivers; and what bots send."""

from typing import Any
from urllib.parse import parse_qs

import orjson
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from tests.emulators.endpoint import Endpoint


class Bot(Endpoint):
    """Checks every signature with the SDK's own verifier, and sorts what it hears."""

    def __init__(self, signing_secret: str) -> None:
        super().__init__("/slack/events")
        self.events: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.interactions: list[dict[str, Any]] = []
        self.commands: list[dict[str, str]] = []
        self._verifier = SignatureVerifier(signing_secret)

    def kinds(self) -> list[str]:
        return [e["event"]["type"] for e in self.events]

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._verifier.is_valid_request(body, dict(request.headers)):
            return web.Response(status=401)
        given: dict[str, Any]
        if request.content_type == "application/json":
            given = orjson.loads(body)
            self.events.append(given)
            self.headers.append(dict(request.headers))
        else:
            form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
            if "payload" in form:
                given = orjson.loads(form["payload"])
                self.interactions.append(given)
            else:
                given = form
                self.commands.append(form)
        await self.gate.wait()
        return self.answer(given) or web.Response()


def button(action_id: str = "go", text: str = "Go", **more: Any) -> dict[str, Any]:
    label = {"type": "plain_text", "text": text}
    return {"type": "button", "action_id": action_id, "text": label, **more}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    title = {"type": "plain_text", "text": "Form"}
    send = {"type": "plain_text", "text": "Send"}
    return {"type": "modal", "callback_id": "form", "title": title, "submit": send, "blocks": list(blocks), **more}


def field(block_id: str, **element: Any) -> dict[str, Any]:
    label = {"type": "plain_text", "text": block_id}
    element = {"type": "plain_text_input", "action_id": "value", **element}
    return {"type": "input", "block_id": block_id, "label": label, "element": element}
