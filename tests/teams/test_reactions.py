"""Reactions over the wire: the bot's own by Teams' names, and what people put on and take off."""

from typing import Any

import pytest

from gateway.errors import Gone, Rejected
from gateway.model import Outgoing, ReactionChanged
from tests.contract.world import Person
from tests.teams.harness import TeamsHarness


@pytest.mark.parametrize(
    ("emoji", "name"),
    [("👍", "like"), ("❤️", "heart"), ("👀", "1f440_eyes"), ("✅", "2705_whiteheavycheckmark"), ("laugh", "laugh")],
)
async def test_an_emoji_goes_by_teams_own_name(harness: TeamsHarness, emoji: str, name: str) -> None:
    post, ref = await harness.mention()
    await harness.adapter.react(ref, post.id, emoji, added=True)
    message: dict[str, Any] | None = harness.teams.message(post.place.channel, post.id)
    assert message is not None
    assert message["reactions"] == {name: [harness.teams.world.bot_id]}


@pytest.mark.parametrize("emoji", ["", "thumbs up", "../x", "👨‍👩‍👧"])
async def test_what_is_no_reaction_is_refused_before_it_is_sent(harness: TeamsHarness, emoji: str) -> None:
    post, ref = await harness.mention()
    with pytest.raises(Rejected, match="no emoji"):
        await harness.adapter.react(ref, post.id, emoji, added=True)
    with pytest.raises(Gone):
        await harness.adapter.react(ref, "404", "👍", added=True)


@pytest.mark.parametrize("of_bot", [False, True])
@pytest.mark.parametrize("personal", [False, True])
async def test_reactions_of_people_are_heard_in_the_thread_of_the_message(
    harness: TeamsHarness, of_bot: bool, personal: bool
) -> None:
    post, ref = await (harness.dm() if personal else harness.mention())
    sent = await harness.adapter.send(ref, Outgoing(text="answer"), key="k")
    id = sent.id if of_bot else post.id
    who: Person = "Ada" if personal else "Grace"
    for added in (True, False):
        await harness.teams.react(post.place.channel, id, "heart", user=who, added=added)
        event = await harness.heard(ReactionChanged)
        assert (event.ref.key, event.message_id, event.emoji, event.added) == (ref.key, id, "heart", added)
        assert event.user.id == harness.world.user(who).id
