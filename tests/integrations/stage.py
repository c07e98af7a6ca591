"""A bot on an emulated Slack, and what its history keeps of the steps of a turn."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import gateway as cl
from tests.contract.reading import planned, reads, texts
from tests.contract.world import Post, Said
from tests.slack.world import SlackWorld, slack_world
from tests.support.bot import RunningBot, register, running_bot

Handler = Callable[[cl.Message], Awaitable[None]]


class Stage:
    """A conversation of Ada's with the bot."""

    def __init__(self, world: SlackWorld, bot: RunningBot) -> None:
        self.world = world
        self.bot = bot

    async def asks(self, text: str, answer: str) -> Post:
        """Write to the bot and wait for its answer."""
        post = await self.world.dm(text)
        await reads(self.world, post, answer)
        return post

    async def reads(self, post: Post, words: str) -> Said:
        """Wait for a message with these words."""
        return await reads(self.world, post, words)

    async def sees_steps(self, post: Post, *lines: str) -> Said:
        """Wait until the steps read so."""
        return await planned(self.world, post, *lines)

    def said(self, post: Post) -> list[str]:
        """Return the texts of all that the bot said."""
        return texts(self.world, post)


@asynccontextmanager
async def stage(handler: Handler, data: Path, **settings: Any) -> AsyncIterator[Stage]:
    """Run a bot with this handler on an emulated Slack; no turn of it may have failed."""
    async with (
        slack_world() as world,
        running_bot(world, register(lambda: cl.on_message(handler)), data, turn_retries=0, **settings) as bot,
    ):
        yield Stage(world, bot)
        assert await bot.gateway.store.dead_letters() == []
