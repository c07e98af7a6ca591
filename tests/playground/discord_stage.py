"""The page over an emulated Discord with a bot behind it that is nothing but a socket and requests."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from playwright.async_api import BrowserContext, Locator, Page, expect

from gateway.emulators.discord.emulator import DiscordEmulator
from tests.emulators.discord.bot import Rest, socket
from tests.playground.serving import PATIENCE, collect, showing
from tests.support.emulators import started

JSON = dict[str, Any]
COMPONENTS_V2 = 1 << 15
EPHEMERAL = 1 << 6
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""One pixel."""
NOBODY_HURRIES = 600.0
"""Seconds within which this bot need not beat its heart."""


class Stage:
    """A page that shows an emulated Discord, and the bot behind it.

    ``answer`` returns the bot's first answer to an interaction, None for none at all. A test that changes it first
    waits until the bot heard the interaction it was meant for: a click returns before.
    """

    def __init__(self, emulator: DiscordEmulator, rest: Rest, page: Page) -> None:
        self.emulator = emulator
        self.rest = rest
        self.page = page
        self.answer: Callable[[JSON], JSON | None] = lambda _: {"type": 6}
        self.complaints: list[str] = []
        self.channel = emulator.general.id
        self._heard: list[tuple[str, JSON]] = []
        self._hearing = asyncio.Condition()
        self._channels = 0

    async def enter(self) -> None:
        """Open a new, empty channel on the page, forget what the bot heard, and answer as at first."""
        self._heard.clear()
        self.answer = lambda _: {"type": 6}
        self._channels += 1
        channel = self.emulator.add_channel(f"stage-{self._channels}")
        self.channel = channel.id
        home = self.page.get_by_role("navigation", name="Servers").get_by_role("button", name="Gateway HQ")
        await home.click()
        await self.go(channel.name)

    # -- the bot

    async def listen(self, events: "AsyncIterator[JSON]") -> None:
        async for payload in events:
            async with self._hearing:
                self._heard.append((payload["t"], payload["d"]))
                self._hearing.notify_all()
            if payload["t"] == "INTERACTION_CREATE":
                interaction = payload["d"]
                body = self.answer(interaction)
                if body is not None:
                    status, said = await self.rest.post(
                        f"/interactions/{interaction['id']}/{interaction['token']}/callback", body
                    )
                    assert status == 204, said

    async def heard(self, event: str, timeout: float = PATIENCE) -> JSON:
        """Wait for an event of a name, and take the first off the list."""
        async with asyncio.timeout(timeout), self._hearing:
            while True:
                for index, (name, data) in enumerate(self._heard):
                    if name == event:
                        del self._heard[index]
                        return data
                await self._hearing.wait()

    async def say(self, content: str = "", *, to: str | None = None, **body: Any) -> str:
        """Send a message of the bot; return the message's id."""
        return str((await self.rest.say(to or self.channel, {"content": content, **body}))["id"])

    async def show(self, *components: JSON, files: tuple[tuple[str, bytes, str], ...] = ()) -> str:
        """Send a message of the bot that consists of Components V2; return the message's id."""
        body = {"flags": COMPONENTS_V2, "components": list(components)}
        status, message = await self.rest.upload(f"/channels/{self.channel}/messages", body, *files)
        assert status == 200, message
        return str(message["id"])

    async def change(self, message_id: str, **body: Any) -> None:
        status, said = await self.rest.patch(f"/channels/{self.channel}/messages/{message_id}", body)
        assert status == 200, said

    async def register(self, *commands: JSON) -> None:
        """Register the bot's commands, and wait until the page knows them."""
        status, said = await self.rest(
            "PUT", f"/applications/{self.emulator.world.application_id}/commands", json=list(commands)
        )
        assert status == 200, said
        await self.seen()

    # -- the person

    async def seen(self) -> None:
        """Wait until the page shows all that happened before: it is told of everything in order."""
        last = await self.emulator.post(self.channel, "And so on.", user=self.emulator.linus.id)
        await expect(self.message(last)).to_be_visible()

    def composer(self, name: str | None = None) -> Locator:
        """Return the composer of this name, by default that of the channel entered last."""
        wanted = name or f"Message #{self.emulator.world.channels[self.channel].name}"
        return self.page.get_by_role("combobox", name=wanted)

    @property
    def side(self) -> Locator:
        return self.page.locator(".side-pane")

    def message(self, message_id: str) -> Locator:
        return self.page.locator(f'.pane:not(.side-pane) .message[data-id="{message_id}"]')

    @property
    def last(self) -> Locator:
        """The last message that the pane of the channel shows."""
        return self.page.locator(".pane:not(.side-pane) .message").last

    async def go(self, name: str) -> None:
        """Open a channel or a thread from the sidebar."""
        channels = self.page.get_by_role("navigation", name="Channels")
        await channels.get_by_role("button", name=name, exact=True).click()

    async def write(self, words: str) -> str:
        """Write in the channel as Ada, and wait until the bot hears it and the page shows it; return the message's id.

        What the bot heard of other messages before is taken off the list.
        """
        await self.composer().fill(words)
        await self.page.keyboard.press("Enter")
        wanted = (self.emulator.ada.id, self.channel)
        while ((heard := await self.heard("MESSAGE_CREATE"))["author"]["id"], heard["channel_id"]) != wanted:
            pass
        await expect(self.message(heard["id"])).to_be_visible()
        return str(heard["id"])

    async def tool(self, message_id: str, name: str) -> None:
        """Use a button of a message's toolbar."""
        await self.message(message_id).hover()
        await self.message(message_id).get_by_role("toolbar").get_by_role("button", name=name).click()


@asynccontextmanager
async def staged(context: BrowserContext) -> AsyncIterator[Stage]:
    """Open the page on a started emulator and wait until it is live.

    The stage's ``complaints`` list script errors and content that the page's policy (CSP) refused.
    """
    discord = DiscordEmulator(limits="off", heartbeat_interval=NOBODY_HURRIES, interaction_deadline=PATIENCE)
    async with (
        started(discord) as emulator,
        aiohttp.ClientSession() as http,
        showing(emulator) as shown,
        socket(http, emulator) as bot,
    ):
        page = await context.new_page()
        stage = Stage(emulator, Rest(http, emulator), page)
        collect(page, stage.complaints)
        await bot.identify()
        listening = asyncio.create_task(stage.listen(_dispatched(bot.receive)))
        await page.goto(shown.url)
        await stage.composer().wait_for()
        yield stage
        await page.close()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _dispatched(receive: Callable[..., Any]) -> AsyncIterator[JSON]:
    while True:
        payload = await receive(timeout=None)
        if payload["op"] == 0:
            yield payload


# -- what a bot sends


def row(*components: JSON) -> JSON:
    return {"type": 1, "components": list(components)}


def button(custom_id: str, label: str, style: int = 1, **more: Any) -> JSON:
    return {"type": 2, "style": style, "label": label, "custom_id": custom_id, **more}


def options(*labels: str) -> list[JSON]:
    return [{"label": each, "value": each.lower()} for each in labels]


def display(content: str) -> JSON:
    return {"type": 10, "content": content}


def labelled(name: str, kind: int, **component: Any) -> JSON:
    """Return a form's field; ``name`` is its custom id, and capitalised its label."""
    return {"type": 18, "label": name.capitalize(), "component": {"type": kind, "custom_id": name, **component}}
