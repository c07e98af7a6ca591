"""Discord keeps the contract of every platform."""

from collections.abc import AsyncIterator

import pytest

from gateway.model import CommandInvoked, Notice
from tests.contract.adapter import AdapterContract
from tests.contract.bot import BotContract
from tests.contract.house import House
from tests.contract.world import World
from tests.discord.world import discord_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with discord_world() as world:
        yield world


class TestDiscordAdapter(AdapterContract):
    async def test_a_mention_begins_a_conversation(self, house: House) -> None:
        """As the contract's, but a person is of no server: they are the same in all of them."""
        post = await house.world.mention("hello <you> & me")
        event = await house.take(post)
        assert (event.text, event.message_id, event.addressed) == ("hello <you> & me", post.id, True)
        ada = house.world.user("Ada")
        assert (event.user.platform, event.user.workspace, event.user.id) == (ada.platform, ada.workspace, ada.id)
        assert (event.ref.kind, event.ref.channel) == ("thread", post.id)
        assert (await house.take(await house.world.dm("hello"))).user.key == event.user.key

    async def test_a_slash_command_is_heard_and_answered_in_place(self, house: House) -> None:
        """As the contract's, but Discord lets nobody write more behind a command than it has options."""
        post, ref = await house.dm()
        house.answer = lambda event: Notice(text="only <you>") if isinstance(event, CommandInvoked) else None
        await house.world.command(post.place, "new")
        event = await house.heard(CommandInvoked)
        assert (event.command, event.text, event.ref) == ("new", "", ref)
        await house.world.wait_for(lambda: house.world.told() == ["only <you>"])


class TestDiscordBot(BotContract):
    pass
