"""A whole bot whose registered data layer is on DynamoDB."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.data.dynamodb import DynamoDBDataLayer
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.types import Pagination, ThreadFilter
from tests.contract.reading import reads
from tests.data.dynamo import Documented, documented, running, server, unopened
from tests.slack.world import SlackWorld
from tests.support.bot import register, running_bot
from tests.support.dynamodb import Server
from tests.support.slack import slack

__all__ = ["running", "server", "slack"]


@pytest.fixture
async def harness(server: Server) -> AsyncIterator[Documented]:
    async with documented(server) as harness:
        yield harness


def bot(harness: Documented) -> Callbacks:
    def setup() -> None:
        @cl.data_layer
        def layer() -> DynamoDBDataLayer:
            return harness.another(unopened(harness.server))

        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step("look", type="tool") as step:
                step.output = "there"
            await cl.Message(f"you said {message.content}").send()

    return register(setup)


async def said(harness: Documented, user: str) -> list[str | None]:
    """What was said in the only thread of a user."""
    page = await harness.layer.list_threads(Pagination(first=2), ThreadFilter(userId=user))
    [thread] = page.data
    assert thread["userIdentifier"] == user
    return [step.get("output") for step in thread["steps"]]


async def test_what_is_said_edited_and_deleted_reaches_the_table(
    harness: Documented, slack: SlackEmulator, tmp_path: Path
) -> None:
    world = SlackWorld(slack)
    user = world.user("Ada").key
    async with running_bot(world, bot(harness), tmp_path):
        first = await world.mention("first")
        await reads(world, first, "you said first")
        second = await world.reply(first, "second")
        await reads(world, first, "you said second")
    everything = ["first", "there", "you said first", "second", "there", "you said second"]
    assert await said(harness, user) == everything
    async with running_bot(world, bot(harness), tmp_path):
        await world.edit(second, "other")
        await world.settled()
    everything[3] = "other"
    assert await said(harness, user) == everything
    async with running_bot(world, bot(harness), tmp_path):
        await world.delete(second)
        await world.settled()
    del everything[3]
    assert await said(harness, user) == everything
