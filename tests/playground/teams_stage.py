"""The page over an emulated Teams with a bot behind it that is nothing but HTTP: it records, and answers as told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from playwright.async_api import BrowserContext, Locator, Page

from gateway.emulators.teams.emulator import TeamsEmulator
from tests.playground.serving import showing

JSON = dict[str, Any]
ADAPTIVE = "application/vnd.microsoft.card.adaptive"


class Stage:
    """``answer`` gives the body of the bot's answer to an activity, None for none; ``status`` is its HTTP status.

    While ``gate`` is not set, the bot answers nothing.
    """

    def __init__(self, emulator: TeamsEmulator, http: aiohttp.ClientSession, page: Page) -> None:
        self.emulator = emulator
        self.page = page
        self.answer: Callable[[JSON], JSON | None] = lambda _: None
        self.status = 200
        self.gate = asyncio.Event()
        self.gate.set()
        self.personal = emulator.personal().id
        self.complaints: list[str] = []
        self._http = http
        self._heard: list[JSON] = []
        self._hearing = asyncio.Condition()

    def reset(self) -> None:
        """Nothing heard, every answer as at first; what stands in the chats stays."""
        self.answer, self.status = lambda _: None, 200
        self._heard.clear()

    # -- the bot

    async def receive(self, request: web.BaseRequest) -> web.Response:
        activity: JSON = orjson.loads(await request.read())
        async with self._hearing:
            self._heard.append(activity)
            self._hearing.notify_all()
        await self.gate.wait()
        body = self.answer(activity)
        if body is None:
            return web.Response(status=self.status)
        return web.Response(status=self.status, body=orjson.dumps(body), content_type="application/json")

    async def heard(self, kind: str, timeout: float = 5.0) -> JSON:
        """The first activity of a type, or invoke of a name, taken off the list; waits for it."""
        async with asyncio.timeout(timeout), self._hearing:
            while True:
                for index, activity in enumerate(self._heard):
                    if kind in (activity["type"], activity.get("name")):
                        return self._heard.pop(index)
                await self._hearing.wait()

    async def send(self, text: str = "", *, to: str | None = None, **activity: Any) -> str:
        """The bot says something, in the personal chat unless told where; returns the message's id."""
        given = {"type": "message", "text": text} | activity
        return str((await self.call("POST", f"conversations/{to or self.personal}/activities", given))["id"])

    async def stream(self, text: str, kind: str, sequence: int | None, stream_id: str | None = None) -> str:
        """A step of a streamed message; returns its id."""
        entity: JSON = {"type": "streaminfo", "streamType": kind, "streamSequence": sequence, "streamId": stream_id}
        info = {name: value for name, value in entity.items() if value is not None}
        given = {"type": "message" if kind == "final" else "typing", "text": text, "entities": [info]}
        answered = await self.call("POST", f"conversations/{self.personal}/activities", given)
        return stream_id or str(answered["id"])

    async def call(self, method: str, path: str, body: Mapping[str, Any]) -> JSON:
        url = f"{self.emulator.world.service_url(self.emulator.tenant.id)}v3/{path}"
        headers = {"Content-Type": "application/json"}
        async with self._http.request(method, url, data=orjson.dumps(body), headers=headers) as answer:
            raw = await answer.read()
            assert answer.status < 300, raw
            answered: JSON = orjson.loads(raw) if raw else {}
            return answered

    # -- the person

    def composer(self, name: str = "Type a message") -> Locator:
        return self.page.get_by_role("combobox", name=name)

    def message(self, message_id: str) -> Locator:
        return self.page.locator(f'.message[data-id="{message_id}"]')

    def latest(self, place: str = "personal") -> str:
        """The id of the message that was written last."""
        return str(self.emulator.messages(place)[-1]["id"])

    async def go(self, name: str) -> None:
        """Open a chat or a channel."""
        chats = self.page.get_by_role("navigation", name="Chats and channels")
        await chats.get_by_role("button", name=name).click()

    async def tool(self, message_id: str, name: str) -> None:
        """Use a button of a message's toolbar."""
        await self.message(message_id).hover()
        await self.message(message_id).get_by_role("toolbar").get_by_role("button", name=name).click()


@asynccontextmanager
async def staged(context: BrowserContext) -> AsyncIterator[Stage]:
    """The page, opened and live. Script errors and refused content (CSP) are its ``complaints``."""
    emulator = TeamsEmulator(limits="off", anonymous=True, answer_timeout=5.0)
    await emulator.start()
    page = await context.new_page()
    async with aiohttp.ClientSession() as http, showing(emulator) as shown:
        stage = Stage(emulator, http, page)
        page.on("pageerror", lambda error: stage.complaints.append(str(error)))
        page.on("console", lambda said: stage.complaints.append(said.text) if said.type == "error" else None)
        async with _listening(stage) as url:
            emulator.deliver_to(url)
            await page.goto(shown.url)
            await stage.composer().wait_for()
            yield stage
            await page.close()
    await emulator.stop()


@asynccontextmanager
async def _listening(stage: Stage) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(stage.receive, access_log=None), shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


# -- what a bot sends


def card(*body: JSON, actions: tuple[JSON, ...] = ()) -> JSON:
    """An Adaptive Card as an attachment."""
    content = {"type": "AdaptiveCard", "version": "1.5", "body": list(body), "actions": list(actions)}
    return {"contentType": ADAPTIVE, "content": content}


def text(words: str, **more: Any) -> JSON:
    return {"type": "TextBlock", "text": words, "wrap": True, **more}


def submit(title: str, **more: Any) -> JSON:
    return {"type": "Action.Submit", "title": title, "data": {"pressed": title}, **more}


def execute(title: str, **more: Any) -> JSON:
    return {"type": "Action.Execute", "title": title, "verb": title.lower(), **more}


def entry(name: str, kind: str = "Text", **more: Any) -> JSON:
    """An input; ``name`` is its id, and its label unless it has another."""
    return {"type": f"Input.{kind}", "id": name, "label": name.capitalize(), **more}


def dialog(title: str, attachment: JSON) -> JSON:
    """The answer that opens a dialog, or puts another card into it."""
    return {"task": {"type": "continue", "value": {"title": title, "card": attachment}}}
