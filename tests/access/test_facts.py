"""What deliveries and rosters tell of people, on each platform."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import access as discord
from adapters.discord.directory import Directory
from adapters.slack import access as slack
from adapters.teams import access as teams
from gateway.model import ConversationRef, Envelope


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    names = (
        *("event", "user", "team_id", "message", "user_profile", "user_team", "team", "is_restricted", "command"),
        *("is_ext_shared_channel", "enterprise", "d", "member", "roles", "author", "guild_id", "bot", "from", "id"),
    )
    return st.dictionaries(st.sampled_from(names), inner, max_size=5)


ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | objects(inner),
    max_leaves=12,
)
"""JSON of any shape, under the names that facts are read from."""


def delivered(body: dict[str, Any], ref: ConversationRef) -> Envelope:
    return Envelope(key="k", ref=ref, body=body, received_at=0.0)


IN_SLACK = ConversationRef(platform="slack", workspace="T1", channel="C1")


@pytest.mark.parametrize(
    ("body", "guest", "external", "home"),
    [
        # An ordinary channel: nobody of another organisation can be in it.
        ({"is_ext_shared_channel": False, "event": {"type": "message", "user": "U1", "team": "T1"}}, None, False, "T1"),
        ({"is_ext_shared_channel": False, "event": {"type": "message", "user": "U1", "team": "T2"}}, None, False, "T2"),
        # A shared channel: the message tells of which workspace its author is.
        ({"is_ext_shared_channel": True, "event": {"user_team": "T1"}}, None, False, "T1"),
        ({"is_ext_shared_channel": True, "event": {"user_team": "T2"}}, None, True, "T2"),
        ({"is_ext_shared_channel": True, "event": {"user_profile": {"team": "T2"}}}, None, True, "T2"),
        ({"is_ext_shared_channel": True, "event": {"source_team": "T2"}}, None, True, "T2"),
        ({"is_ext_shared_channel": True, "event": {}}, None, None, None),
        ({"is_ext_shared_channel": True, "event": {"user_profile": {"is_restricted": True}}}, True, None, None),
        (
            {
                "is_ext_shared_channel": True,
                "event": {"user_profile": {"is_restricted": False, "is_ultra_restricted": True}},
            },
            True,
            None,
            None,
        ),
        # In an Enterprise Grid another workspace may be of the same organisation.
        (
            {"is_ext_shared_channel": True, "context_enterprise_id": "E1", "event": {"user_team": "T2"}},
            None,
            None,
            "T2",
        ),
        # An edit tells it in the message.
        ({"is_ext_shared_channel": True, "event": {"message": {"user_team": "T2"}}}, None, True, "T2"),
        # Whether the channel is shared is not told.
        ({"event": {"type": "reaction_added", "user": "U1"}}, None, None, None),
        # Clicks and forms name the person's workspace, commands do not.
        ({"type": "block_actions", "user": {"id": "U1", "team_id": "T1"}}, None, False, "T1"),
        ({"type": "view_submission", "user": {"id": "U1", "team_id": "T2"}}, None, True, "T2"),
        ({"type": "block_actions", "user": {"id": "U1"}}, None, None, None),
        ({"type": "block_actions", "user": {"team_id": "T2"}, "enterprise": {"id": "E1"}}, None, None, "T2"),
        ({"command": "/ask", "team_id": "T1", "user_id": "U1"}, None, None, None),
        ({"event": {"user_team": 7, "user_profile": "x"}, "is_ext_shared_channel": "yes"}, None, None, None),
    ],
)
def test_slack(body: dict[str, Any], guest: bool | None, external: bool | None, home: str | None) -> None:
    told = slack.facts_told(delivered(body, IN_SLACK))
    assert (told.guest, told.external, told.home) == (guest, external, home)
    assert (told.groups, told.channels) == (None, frozenset(("C1",)))


def test_discord_tells_roles_and_the_channel_of_a_thread() -> None:
    thread = ConversationRef(
        platform="discord", workspace="9", channel="5", thread="5", kind="thread", route={"parent": "4"}
    )
    message = {"t": "MESSAGE_CREATE", "d": {"guild_id": "9", "author": {"id": "1"}, "member": {"roles": ["7", 8]}}}
    told = discord.facts_told(delivered(message, thread), Directory())
    assert told.groups == frozenset(("7", "9"))
    assert told.channels == frozenset(("5", "4"))
    assert (told.guest, told.external, told.bot) == (False, False, False)


def test_discord_does_not_know_what_it_was_not_told() -> None:
    thread = ConversationRef(platform="discord", workspace="9", channel="5", thread="5", kind="thread")
    told = discord.facts_told(delivered({"d": {"guild_id": "9", "user_id": "1"}}, thread), Directory())
    assert (told.groups, told.channels, told.bot) == (None, None, None)
    direct = ConversationRef(platform="discord", workspace="dm", channel="3", kind="dm")
    told = discord.facts_told(delivered({"d": {"author": {"id": "1", "bot": True}}}, direct), Directory())
    assert (told.groups, told.channels, told.bot) == (None, frozenset(("3",)), True)


@pytest.mark.parametrize(
    ("member", "guest", "external"),
    [
        ({"userRole": "user", "tenantId": "t1"}, False, False),
        ({"userRole": "guest", "tenantId": "T1"}, True, False),
        ({"userRole": "anonymous"}, True, None),
        ({"userRole": "user", "tenantId": "t2"}, False, True),
        ({}, None, None),
        ({"userRole": 3, "tenantId": None}, None, None),
    ],
)
def test_teams(member: dict[str, Any], guest: bool | None, external: bool | None) -> None:
    where = ConversationRef(platform="teams", workspace="t1", channel="19:a@thread.tacv2")
    found = teams.facts_of_member(member, where)
    assert (found.guest, found.external, found.groups) == (guest, external, frozenset())


@given(objects(ODD))
def test_no_delivery_is_too_odd_to_be_judged(body: dict[str, Any]) -> None:
    slack.facts_told(delivered(body, IN_SLACK))
    discord.facts_told(delivered(body, IN_SLACK), Directory())
    teams.facts_told(delivered(body, IN_SLACK))
    teams.facts_of_member(body, IN_SLACK)
