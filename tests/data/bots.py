"""The contract of a layer that a bot registers: what a whole bot's conversation leaves in it."""

from pathlib import Path

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.data.base import BaseDataLayer
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.types import Pagination, ThreadDict, ThreadFilter
from tests.contract.reading import reads
from tests.data.support import Harness
from tests.slack.world import SlackWorld
from tests.support.bot import register, running_bot


def bot(harness: Harness) -> Callbacks:
    def setup() -> None:
        @cl.data_layer
        def layer() -> BaseDataLayer:
            return harness.registered()

        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "first":
                await cl.TaskList(tasks=[cl.Task("look")]).send()
            async with cl.Step("look", type="tool") as step:
                step.output = "there"
            note = cl.Text(name="note", content=f"about {message.content}")
            await cl.Message(f"you said {message.content}", elements=[note]).send()

    return register(setup)


async def kept(harness: Harness, identifier: str) -> ThreadDict:
    """The only thread of a user."""
    user = await harness.layer.get_user(identifier)
    assert user is not None
    page = await harness.layer.list_threads(Pagination(first=2), ThreadFilter(userId=user.id))
    [thread] = page.data
    assert thread["userIdentifier"] == identifier
    return thread


async def said(harness: Harness, identifier: str) -> list[str | None]:
    return [step.get("output") for step in (await kept(harness, identifier))["steps"]]


class RegisteredLayerContract:
    """Checks a layer that a bot registers. The inheriting module imports the fixture ``slack``."""

    async def test_what_is_said_edited_and_deleted_reaches_the_database(
        self, harness: Harness, slack: SlackEmulator, tmp_path: Path
    ) -> None:
        world = SlackWorld(slack)
        user = world.user("Ada").key
        async with running_bot(world, bot(harness), tmp_path):
            first = await world.mention("first")
            await reads(world, first, "you said first")
            second = await world.reply(first, "second")
            await reads(world, first, "you said second")
        everything = ["first", "there", "you said first", "second", "there", "you said second"]
        thread = await kept(harness, user)
        assert [step.get("output") for step in thread["steps"]] == everything
        answers = {each.get("output"): each.get("id") for each in thread["steps"]}
        elements = [(each.get("type"), each.get("forId")) for each in thread["elements"] or []]
        assert sorted(elements, key=str) == sorted(
            [
                ("tasklist", None),
                ("text", answers["you said first"]),
                ("text", answers["you said second"]),
            ],
            key=str,
        )
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
