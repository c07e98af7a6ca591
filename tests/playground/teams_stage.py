"""The page over an emulated Teams with a bot behind it that is nothing but HTTP: it records, and answers as told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from playwright.async_api import BrowserContext, Locator, Page

from gateway.emulators.common.listener import Listener
from gateway.emulators.teams.emulator import TeamsEmulator
from tests.playground.serving import PATIENCE, collect, showing
from tests.support.emulators import started

JSON = dict[str, Any]
ADAPTIVE = "application/vnd.microsoft.card.adaptive"


class Stage:
    """A page that shows an emulated Teams, and the bot behind it.

    ``answer`` returns the body of the bot's answer to an activity, None for an empty one; ``status`` is the answer's
    HTTP status. While ``gate`` is not set, the bot answers nothing. A test that changes what the bot answers next first
    waits for a sign on the page that the last answer came: a click returns before the bot hears of it.
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

    async def reset(self) -> None:
        """Forget what the bot heard, once nothing more is on its way, and answer as at first; the chats stay."""
        self.answer, self.status = lambda _: None, 200
        self.gate.set()
        await self.emulator.settled()
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

    async def heard(self, kind: str, timeout: float = PATIENCE) -> JSON:
        """Wait for an activity of a type, or an invoke of a name, and take the first off the list."""
        async with asyncio.timeout(timeout), self._hearing:
            while True:
                for index, activity in enumerate(self._heard):
                    if kind in (activity["type"], activity.get("name")):
                        return self._heard.pop(index)
                await self._hearing.wait()

    async def send(self, text: str = "", *, to: str | None = None, **activity: Any) -> str:
        """Send a message of the bot, to the personal chat unless told where; return the message's id."""
        given = {"type": "message", "text": text} | activity
        return str((await self.call("POST", f"conversations/{to or self.personal}/activities", given))["id"])

    async def stream(self, text: str, kind: str, sequence: int | None, stream_id: str | None = None) -> str:
        """Send one step of a message that the bot streams; return the message's id."""
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
        """Return the id of the message that is now the last in a chat; wait until the bot heard it before."""
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
    """Open the page on a started emulator and wait until it is live.

    The stage's ``complaints`` list script errors and content that the page's policy (CSP) refused.
    """
    async with (
        started(TeamsEmulator(limits="off", anonymous=True, answer_timeout=PATIENCE)) as emulator,
        aiohttp.ClientSession() as http,
        showing(emulator) as shown,
    ):
        page = await context.new_page()
        stage = Stage(emulator, http, page)
        collect(page, stage.complaints)
        bot = Listener(stage.receive, grace=0.5)
        emulator.deliver_to(await bot.open("127.0.0.1", 0))
        await page.goto(shown.url)
        await stage.composer().wait_for()
        yield stage
        await page.close()
        await bot.close()


# -- what a bot sends


def card(*body: JSON, actions: tuple[JSON, ...] = ()) -> JSON:
    """Return an Adaptive Card as an attachment."""
    content = {"type": "AdaptiveCard", "version": "1.5", "body": list(body), "actions": list(actions)}
    return {"contentType": ADAPTIVE, "content": content}


def text(words: str, **more: Any) -> JSON:
    return {"type": "TextBlock", "text": words, "wrap": True, **more}


def submit(title: str, **more: Any) -> JSON:
    return {"type": "Action.Submit", "title": title, "data": {"pressed": title}, **more}


def execute(title: str, **more: Any) -> JSON:
    return {"type": "Action.Execute", "title": title, "verb": title.lower(), **more}


def entry(name: str, kind: str = "Text", **more: Any) -> JSON:
    """Return an input of a card; ``name`` is its id, and capitalised its label unless ``more`` has another."""
    return {"type": f"Input.{kind}", "id": name, "label": name.capitalize(), **more}


def dialog(title: str, attachment: JSON) -> JSON:
    """Return the answer that opens a dialog, or puts another card into the open one."""
    return {"task": {"type": "continue", "value": {"title": title, "card": attachment}}}
