"""Ada, who writes to a bot directly: what she does, and what she sees of it."""

import asyncio
import re
import runpy
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

import httpx

from gateway.ingress.activity import ConversationActivity
from gateway.loading import load_bot
from gateway.mounting import MountedGateway
from gateway.serving.server import bind
from gateway.testing.serving import serving
from tests.contract.world import File, Post, Said, World
from tests.support.bot import RunningBot, running_bot

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds that something may take to be seen."""


class Bot:
    """A bot's file on one platform, which can be started again on what it kept."""

    def __init__(self, world: World, path: Path, data: Path) -> None:
        self._world, self._path, self._data = world, path, data
        self._stack = AsyncExitStack()
        self._running: RunningBot | None = None

    async def __aenter__(self) -> "Bot":
        # Without an event loop around it, as `gateway run` imports it.
        callbacks = await asyncio.to_thread(load_bot, self._path)
        self._running = await self._stack.enter_async_context(
            running_bot(self._world, callbacks, self._data, turn_retries=0)
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def restart(self) -> None:
        """End the process, as far as the bot can tell, and start another one."""
        await self._stack.aclose()
        await self.__aenter__()

    async def failures(self) -> list[str]:
        """Return the errors of the turns that were given up."""
        assert self._running is not None
        return [letter.error for letter in await self._running.gateway.store.dead_letters()]

    async def at_rest(self) -> bool:
        """Return whether no message waits or is being handled."""
        assert self._running is not None
        return not await self._running.gateway.store.pending(now=9e9, limit=1)


class MountedBot(Bot):
    """An application, made by a file, that has a bot below a prefix. Its settings come from the environment."""

    def __init__(self, world: World, path: Path, prefix: str) -> None:
        super().__init__(world, path, path.parent)
        self._prefix = prefix
        self._url = ""

    async def __aenter__(self) -> "MountedBot":
        module = await asyncio.to_thread(runpy.run_path, str(self._path))
        app = module["app"]
        listener = self._stack.enter_context(bind("127.0.0.1", 0))
        self._url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        await self._stack.enter_async_context(serving(app, listener, lifespan="on"))
        url = self._url + self._prefix
        await self.get(f"{self._prefix}/healthz")  # answered once the application has started
        (mounted,) = [route.app for route in app.routes if isinstance(getattr(route, "app", None), MountedGateway)]
        assert mounted.gateway is not None
        self._running = RunningBot(mounted.gateway, url, ConversationActivity())
        self._world.deliver_to(url)
        await self._world.connected()
        return self

    async def get(self, path: str) -> object:
        """Return what the application answers, as JSON."""
        async with httpx.AsyncClient() as http:
            answer = await http.get(self._url + path)
        return answer.raise_for_status().json()


class Visitor:
    """Ada in her direct messages with the bot."""

    def __init__(self, world: World, bot: Bot, output: Callable[[], str]) -> None:
        self.world = world
        self.bot = bot
        self._output = output
        self._printed = ""
        self._last: Post | None = None

    @property
    def place(self) -> Post:
        """Where she writes; she has to have written once."""
        assert self._last is not None, "she has not written anything yet"
        return self._last

    @property
    def identifier(self) -> str:
        """What the bot knows her by."""
        return self.world.user("Ada").key

    # -- what she does

    async def writes(self, text: str = "Hi", *files: File) -> None:
        """Write to the bot, which begins the conversation the first time."""
        self._last = await self.world.dm(text, files=files)

    async def clicks(self, label: str) -> Said:
        """Press the newest button with this label; return the message it was under."""
        message = await self.until(lambda: self.button(label), f"a button {label!r}")
        await self.world.click(message, label)
        return message

    async def gets(self, path: str) -> object:
        """Open a page of the application that the bot is in; return what it answers, as JSON."""
        assert isinstance(self.bot, MountedBot)
        return await self.bot.get(path)

    # -- what she sees

    def said(self) -> list[Said]:
        """Return what the bot said, as it stands now."""
        return self.world.said(self.place.place)

    async def reads(self, words: str) -> Said:
        """Wait for a message with these words; return the newest one."""

        def look() -> Said | None:
            found = [each for each in self.said() if words in plain(each.text) and not each.streaming]
            return found[-1] if found else None

        return await self.until(look, f"a message with {words!r}")

    async def sees(self, *words: str) -> Said:
        """Wait for one message that shows all of these, wherever in it: text, buttons, menus, cards, steps or files."""
        return await self.until(
            lambda: next((each for each in reversed(self.said()) if all(word in shown(each) for word in words)), None),
            f"one message with {words}",
        )

    async def counts(self, words: str, count: int) -> None:
        """Wait until so many messages have these words."""
        await self.until(
            lambda: sum(words in plain(each.text) for each in self.said()) == count, f"{count} messages with {words!r}"
        )

    async def sees_no(self, words: str) -> None:
        """Wait until no message shows this any more."""
        await self.until(lambda: not any(words in shown(each) for each in self.said()), f"{words!r} to go away")

    async def sees_file(self, data: bytes, name: str = "") -> File:
        """Wait for a file with this content and return it."""
        return await self.sees_files(lambda file: file.data == data and name in file.name, f"a file {name} of {data!r}")

    async def sees_files(self, fits: Callable[[File], bool], what: str) -> File:
        """Wait for a file that fits and return it."""
        files: Sequence[File] = ()
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := [file for file in files if fits(file)]):
                    await asyncio.sleep(0.05)
                    files = await self.world.files(self.place.place)
        except TimeoutError:
            raise AssertionError(f"she sees no {what}, only {[f.name for f in files]} and {self.said()}") from None
        return found[0]

    async def prints(self, *words: str) -> str:
        """Wait until the bot has printed all of these; return everything it printed."""
        await self.until(lambda: all(word in self.printed() for word in words), f"the bot to print {words}")
        return self.printed()

    def printed(self) -> str:
        """Return everything the bot printed so far."""
        self._printed += self._output()
        return self._printed

    async def handled(self) -> None:
        """Wait until the bot is done with what it has begun."""
        async with asyncio.timeout(PATIENCE):
            while not await self.bot.at_rest():
                await asyncio.sleep(0.05)

    async def until(self, look: Callable[[], T | None], what: str) -> T:
        """Return the first true value of ``look``, tried after every change.

        Raises:
            AssertionError: It took too long; the text says what she saw instead.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := look()):
                    if failures := await self.bot.failures():
                        raise AssertionError(f"she waited for {what}, but the bot failed: {failures[0]}")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(
                f"she waited for {what}, but saw {self.said() if self._last else []}, was told {self.world.told()}, "
                f"and the bot printed {self.printed()!r}"
            ) from None
        return found

    def buttons(self) -> list[str]:
        """Return the labels of all buttons, those of the newest message first."""
        return [label for each in reversed(self.said()) for label in each.buttons]

    def button(self, label: str) -> Said | None:
        """Return the newest message with such a button, if there is one now."""
        return next((each for each in reversed(self.said()) if label in each.buttons), None)


def shown(message: Said) -> str:
    """Return everything a message shows, as lines of text without the marks of Markdown."""
    lines = [message.author or "", message.text, *message.buttons, *message.files, *message.cards, *message.plan]
    lines += [option for menu in message.menus for option in menu]
    return plain("\n".join(lines))


def plain(text: str) -> str:
    """Return Markdown as it is read: without the backslash before a sign, and without bold type."""
    return re.sub(r"\\([^A-Za-z0-9\s])|\*+", r"\1", text)
