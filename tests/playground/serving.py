"""A playground served by uvicorn inside the test's own loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from playwright.async_api import Page

from gateway.adapter import Emulator
from gateway.http.application import application
from gateway.playground import Playground
from gateway.serving.server import bind
from gateway.testing.serving import serving

E = TypeVar("E", bound=Emulator)

PATIENCE = 20.0
"""Seconds a test waits for the page or the bot on a slow machine; it fails only then."""


def collect(page: Page, complaints: list[str]) -> None:
    """Add every script error of a page, and all content that its policy (CSP) refuses, to the list from now on."""
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)


@dataclass
class Served(Generic[E]):
    """A playground that is served at ``url`` and shows this emulator."""

    url: str
    emulator: E
    playground: Playground


@asynccontextmanager
async def showing(emulator: E, *more: Emulator, heartbeat: float = 15.0, below: str = "") -> AsyncIterator[Served[E]]:
    """Serve a playground that shows these emulators until the block ends.

    ``heartbeat`` is the seconds between two signs of life in a stream of changes; ``below`` is the prefix of all paths,
    as a proxy leaves it there.
    """
    emulators: list[Emulator] = [emulator, *more]
    playground = Playground({each.name: each for each in emulators}, heartbeat=heartbeat)
    app = application(playground.routes, root_path=below)
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        async with serving(app, listener):
            try:
                yield Served(f"http://127.0.0.1:{port}{below}", emulator, playground)
            finally:
                await playground.close()
