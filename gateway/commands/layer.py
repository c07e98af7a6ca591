"""What commands do in the data layer that a bot registered."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO, cast

import typer

from gateway.commands.common import fail, read_settings
from gateway.errors import SettingsError

if TYPE_CHECKING:
    from gateway.data import BaseDataLayer
    from gateway.types import PaginatedResponse, ThreadDict

PAGE = 50
"""Threads that are asked for at a time."""


class LayerOf(NamedTuple):
    """One person in a data layer."""

    layer: "BaseDataLayer"
    person: str
    seconds: float
    """How long one call of the layer may take."""

    async def write_threads(self, out: TextIO) -> int:
        """Write a line of JSON for each conversation of the person, newest first, and return how many."""
        count = 0
        async for thread in self._threads():
            whole = await self._call(self.layer.get_thread(thread["id"]))
            out.write(json.dumps(whole or thread, ensure_ascii=False, default=str) + "\n")
            count += 1
        return count

    async def erase(self) -> list[str]:
        """Delete the conversations of the person, and what is known about them. The documented interface can delete no
        user, so the identifier stays, without anything about the person. Return the ids of the conversations."""
        from gateway.user import User

        deleted: list[str] = []
        user = await self._user()
        if user is None:
            return deleted
        while page := await self._page(user, None):
            threads, _ = page
            if again := {thread["id"] for thread in threads} & set(deleted):
                fail(f"the data layer still has the thread {again.pop()} after it was deleted")
            for thread in threads:
                await self._call(self.layer.delete_thread(thread["id"]))
                deleted.append(thread["id"])
            if not threads:
                break
        await self._call(self.layer.create_user(User(self.person, metadata={})))
        return deleted

    async def _user(self) -> str | None:
        user = await self._call(self.layer.get_user(self.person))
        return None if user is None else str(getattr(user, "id"))  # noqa: B009 - a layer of one's own returns anything

    async def _threads(self) -> "AsyncIterator[ThreadDict]":
        user, cursor = await self._user(), None
        while user is not None:
            threads, cursor = await self._page(user, cursor)
            for thread in threads:
                yield thread
            if cursor is None:
                return

    async def _page(self, user: str, cursor: str | None) -> "tuple[list[ThreadDict], str | None]":
        from gateway.types import Pagination, ThreadFilter

        found = await self._call(self.layer.list_threads(Pagination(PAGE, cursor), ThreadFilter(userId=user)))
        page = cast("PaginatedResponse[ThreadDict]", found)
        return page.data, page.pageInfo.endCursor if page.pageInfo.hasNextPage else None

    async def _call(self, result: object) -> object:
        from gateway.outbox.bounded import bounded

        return await bounded(result, self.seconds)


@asynccontextmanager
async def layer_of(bot: Path, person: str) -> "AsyncGenerator[LayerOf]":
    """Make the data layer that a bot registers, for the time of a block. A bot that registers none ends the process
    with one line and exit code 2, and so does a failure of the layer.

    Args:
        bot: The bot's Python file.
        person: The person's identifier (``UserRef.key``).
    """
    from gateway.loading import load_bot
    from gateway.outbox import LayerSource

    callbacks, seconds = load_bot(bot), read_settings().data_layer_timeout
    if callbacks.data_layer is None:
        fail(f"{bot} registers no @data_layer: leave it out")
    source = LayerSource(callbacks.data_layer, None, timeout=seconds)
    try:
        await source.open()
        yield LayerOf(await source.get(), person, seconds)
    except (SettingsError, typer.Exit):
        raise
    except Exception as error:
        # The layer is the bot's own, and raises what it likes.
        fail(f"the data layer failed: {type(error).__name__}: {error}; run the command again when it works")
    finally:
        await source.close()
