"""Teams keeps the contract of every platform, over HTTP on loopback."""

from collections.abc import AsyncIterator

import pytest

from gateway.model import Outgoing, ReactionChanged
from tests.contract.adapter import AdapterContract
from tests.contract.bot import BotContract
from tests.contract.house import House
from tests.contract.world import Post, World
from tests.teams.world import teams_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with teams_world() as world:
        yield world


class TestTeamsAdapter(AdapterContract):
    async def test_reactions_arrive_put_on_and_taken_off(self, house: House) -> None:
        """As everywhere, but to a message of the bot: Teams tells it of no others."""
        post, ref = await house.dm()
        sent = await house.adapter.send(ref, Outgoing(text="well?"), key="k")
        for added in (True, False, True):
            await house.world.react(Post(sent.id, post.place), added=added)
            event = await house.heard(ReactionChanged)
            assert (event.message_id, event.emoji, event.added) == (sent.id, house.world.facts.emoji, added)
            assert event.ref == ref

    async def test_a_profile_has_the_users_name(self, house: House) -> None:
        """As everywhere, but of someone who was heard of: a roster belongs to a conversation."""
        await house.dm()
        await super().test_a_profile_has_the_users_name(house)


class TestTeamsBot(BotContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        """Streams end soon here: one that a killed process left open keeps its chat from another until then."""
        async with teams_world(stream_seconds=4.0) as world:
            yield world
