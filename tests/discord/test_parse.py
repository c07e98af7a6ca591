"""Discord's dispatches -> events: recorded payloads, text as people read it, and anything at all without a crash."""

import asyncio
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import envelope as envelopes
from adapters.discord import tokens
from adapters.discord.api import Api
from adapters.discord.directory import Directory
from adapters.discord.envelope import Ignored
from adapters.discord.forms import problems_of, values_of
from adapters.discord.inbound import Inbound
from adapters.discord.intake import Intake
from adapters.discord.interactions import Interactions
from adapters.discord.parse import parse
from adapters.discord.progress import Progress
from adapters.discord.recent import RecentMessages
from gateway.model import (
    Accepted,
    ActionInvoked,
    CommandInvoked,
    Envelope,
    Event,
    FeedbackGiven,
    FormSubmitted,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    ReactionChanged,
    from_json,
    to_json,
)

BOT, ADA, GUILD, GENERAL, THREAD = "10", "20", "1", "30", "40"
AUTHOR = {"id": ADA, "username": "ada", "global_name": "Ada"}
ME = {"id": BOT, "username": "gateway", "bot": True}


def directory() -> Directory:
    known = Directory()
    known.me = BOT
    known.guild(
        {
            "id": GUILD,
            "channels": [{"id": GENERAL, "type": 0, "name": "general"}],
            "threads": [{"id": THREAD, "type": 11, "name": "talk", "parent_id": GENERAL}],
            "roles": [
                {"id": "50", "name": "gateway", "tags": {"bot_id": BOT}},
                {"id": "51", "name": "team"},
            ],
        }
    )
    return known


def message(content: str = "hello", **more: Any) -> dict[str, Any]:
    body = {"id": "1573471091890847744", "type": 0, "channel_id": "60", "author": AUTHOR, "content": content}
    return {**body, **more}


def in_thread(content: str = "hello", **more: Any) -> dict[str, Any]:
    return message(content, channel_id=THREAD, guild_id=GUILD, **more)


def taken(data: dict[str, Any], kind: str = "MESSAGE_CREATE") -> Envelope:
    found = envelopes.message(kind, data, directory())
    assert isinstance(found, Envelope), getattr(found, "why", found)
    stored: dict[str, Any] = to_json(found)
    return from_json(Envelope, stored)


def event_of(data: dict[str, Any], kind: str = "MESSAGE_CREATE") -> Event:
    found = parse(taken(data, kind))
    assert found is not None
    return found


def why(data: dict[str, Any], kind: str = "MESSAGE_CREATE") -> str:
    found = envelopes.message(kind, data, directory())
    assert isinstance(found, Ignored)
    return found.why


# Messages


def test_a_direct_message() -> None:
    event = event_of(message("hi"))
    assert isinstance(event, MessageCreated)
    assert (event.text, event.addressed, event.ref.key, event.ref.kind) == ("hi", True, "discord:dm:60", "dm")
    assert (event.user.key, event.user.name) == ("discord:dm:20", "Ada")
    assert event.at == pytest.approx(1_795_215_141.986)
    assert taken(message("hi")).key == "discord:dm:60:1573471091890847744"


def test_what_is_not_a_persons_words() -> None:
    assert why(message(author=ME)) == "own"
    assert why(message(author={**AUTHOR, "id": "9", "bot": True})) == "bot"
    assert why(message(webhook_id="8")) == "bot"
    assert why(message(author=None)) == "malformed"
    for note in (1, 4, 6, 7, 18, 20, 21, 23, 46):
        assert why(message(type=note)) == "not_spoken"
    assert why(message("talk", channel_id=GENERAL, guild_id=GUILD)) == "not_addressed"
    assert why(message("fixed", edited_timestamp=None), "MESSAGE_UPDATE") == "not_spoken"


def test_a_nickname_goes_before_a_display_name_before_a_user_name() -> None:
    names = [
        event_of(in_thread(member={"nick": "Countess"})),
        event_of(in_thread(member={"nick": None})),
        event_of(message(author={"id": ADA, "username": "ada"})),
    ]
    assert [event.user.name for event in names] == ["Countess", "Ada", "ada"]


def test_an_edit_is_one_by_its_time() -> None:
    edits = [message("b", edited_timestamp=f"2026-11-20T22:00:0{n}+00:00") for n in range(2)]
    event = event_of(edits[0], "MESSAGE_UPDATE")
    assert isinstance(event, MessageEdited) and event.text == "b"
    assert taken(edits[0], "MESSAGE_UPDATE").key != taken(edits[1], "MESSAGE_UPDATE").key
    assert taken(edits[0], "MESSAGE_UPDATE").key != taken(message("b")).key


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<@10> hello", "hello"),
        ("hello <@!10>, you", "hello, you"),
        ("hello<@10>", "hello"),
        ("<@10>", ""),
        ("<@20> and <@99>", "@Ada and @99"),
        ("<@&51> <@&50> <@&98>", "@team @98"),
        ("see <#30> and <#97>", "see #general and #97"),
        ("<:yes:123> <a:spin:456>", ":yes: :spin:"),
        ("<t:0:R> or <t:1795212932>", "1970-01-01 00:00 UTC or 2026-11-20 22:15 UTC"),
        ("<t:9999999999999:R>", "9999999999999"),
        ("use </new chat:789>", "use /new chat"),
        ("`<@20>` <@20>", "`<@20>` @Ada"),
        ("```\n<#30>\n```", "```\n<#30>\n```"),
        ("a < b > c <div> <@x>", "a < b > c <div> <@x>"),
        ("  **bold** \n", "**bold**"),
    ],
)
def test_text_as_people_read_it(written: str, read: str) -> None:
    event = event_of(in_thread(written, mentions=[AUTHOR, ME], mention_roles=["50", "51"]))
    assert isinstance(event, MessageCreated)
    assert event.text == read


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ({"filename": "plain.txt"}, "plain.txt"),
        ({"filename": "a_b.txt", "title": "ä b"}, "ä b.txt"),
        ({"filename": "a_b.txt", "title": "ä b.txt"}, "ä b.txt"),
        ({"filename": "noending", "title": "n ö"}, "n ö"),
        ({}, "7"),
    ],
)
def test_a_files_name_is_the_one_it_was_uploaded_with(file: dict[str, str], name: str) -> None:
    event = event_of(message("", attachments=[{"id": "7", "content_type": "text/plain; charset=utf-8", **file}]))
    assert isinstance(event, MessageCreated)
    [read] = event.files
    assert (read.name, read.mime, read.size) == (name, "text/plain", None)


# Other dispatches


def test_a_deletion_and_a_reaction() -> None:
    gone = envelopes.deleted({"id": "5", "channel_id": THREAD, "guild_id": GUILD}, directory(), RecentMessages())
    assert isinstance(gone, Envelope)
    event = parse(gone)
    assert isinstance(event, MessageDeleted)
    assert (event.message_id, event.user.id) == ("5", "")
    data = {"user_id": ADA, "message_id": "5", "channel_id": THREAD, "guild_id": GUILD, "emoji": {"name": "🎉"}}
    put = envelopes.reaction("MESSAGE_REACTION_ADD", data, directory(), RecentMessages(), "s:1")
    again = envelopes.reaction("MESSAGE_REACTION_ADD", data, directory(), RecentMessages(), "s:2")
    assert isinstance(put, Envelope) and isinstance(again, Envelope)
    assert put.key != again.key
    event = parse(put)
    assert isinstance(event, ReactionChanged)
    assert (event.emoji, event.added, event.user.id) == ("🎉", True, ADA)
    member = {"nick": None, "user": {"id": ADA, "username": "ada", "global_name": "Ada"}}
    own = {**data, "member": member, "emoji": {"name": "party", "id": "77"}}
    put = envelopes.reaction("MESSAGE_REACTION_ADD", own, directory(), RecentMessages(), "s:1")
    assert isinstance(put, Envelope)
    event = parse(put)
    assert isinstance(event, ReactionChanged)
    assert (event.emoji, event.user.name) == ("party:77", "Ada")
    mine = envelopes.reaction("MESSAGE_REACTION_ADD", {**data, "user_id": BOT}, directory(), RecentMessages(), "s:3")
    assert isinstance(mine, Ignored) and mine.why == "own"


def interaction(kind: int, data: dict[str, Any], **more: Any) -> Envelope:
    body = {
        "id": "1573471091890847744",
        "type": kind,
        "token": "s3cret",
        "application_id": "11",
        "channel_id": "60",
        "channel": {"id": "60", "type": 1},
        "user": AUTHOR,
        "data": data,
        **more,
    }
    found = envelopes.interaction(body, directory(), now=time.time())
    assert isinstance(found, Envelope)
    assert "s3cret" not in json.dumps(found.body)
    assert found.ref.route["interaction"] == "s3cret"
    return found


def test_clicks() -> None:
    event = parse(interaction(3, {"custom_id": "gwa0tok:1"}, message={"id": "5"}))
    assert isinstance(event, ActionInvoked)
    assert (event.token, event.message_id, event.user.name) == ("tok:1", "5", "Ada")
    for kind, value in (("u", 1), ("d", 0)):
        event = parse(interaction(3, {"custom_id": f"gw{kind}0m1"}))
        assert isinstance(event, FeedbackGiven)
        assert (event.token, event.value, event.comment) == ("m1", value, None)
    assert parse(interaction(3, {"custom_id": "theirs"})) is None
    assert parse(interaction(3, {"custom_id": "gwf0x"})) is None


def test_a_command_with_words() -> None:
    event = parse(interaction(2, {"name": "ask", "options": [{"name": "text", "value": " why? "}]}))
    assert isinstance(event, CommandInvoked)
    assert (event.command, event.text) == ("ask", "why?")


def test_an_interaction_without_its_channel_is_of_the_thread_it_was_in() -> None:
    there = {"channel_id": THREAD, "guild_id": GUILD}
    found = interaction(3, {"custom_id": "gwa0tok"}, channel=None, **there)
    assert (found.ref.key, found.ref.route["parent"]) == (taken(in_thread()).ref.key, GENERAL)


def test_a_clock_apart_from_discords_ends_no_token() -> None:
    found = interaction(2, {"name": "new"}, id=str((int(time.time() - 1_420_070_400) - 3_600) * 1000 << 22))
    assert tokens.live(found.ref, now=time.time()) == "s3cret"


def test_a_form_as_it_used_to_be_and_as_it_is() -> None:
    given_ = {"type": 4, "custom_id": "t|why", "value": "because"}
    for component in ({"type": 1, "components": [given_]}, {"type": 18, "component": given_}):
        event = parse(interaction(5, {"custom_id": "gwf0tok", "components": [component]}))
        assert isinstance(event, FormSubmitted)
        assert (event.token, event.values) == ("tok", {"why": "because"})


# Anything at all

names = st.sampled_from(
    [
        *(
            "id",
            "type",
            "content",
            "author",
            "bot",
            "channel_id",
            "guild_id",
            "mentions",
            "mention_roles",
            "attachments",
        ),
        *("member", "nick", "message_snapshots", "sticker_items", "edited_timestamp", "referenced_message", "emoji"),
        *("user_id", "message_id", "ids", "data", "custom_id", "components", "component", "values", "value", "token"),
        *("user", "channel", "parent_id", "resolved", "options", "name", "flags", "message_reference", "filename"),
        *("title", "url", "size", "content_type", "duration_secs", "thread_metadata", "archived", "roles", "tags"),
    ]
)
atoms = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from([BOT, ADA, GUILD, GENERAL, THREAD, "gwa0x", "gwf0x", "n|1|2|x", "t|x", "<@10>", "<t:99:R>"]),
)
odd = st.recursive(
    atoms, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5), max_leaves=12
)
KINDS = [
    *("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK", "MESSAGE_REACTION_ADD"),
    *("THREAD_DELETE", "CHANNEL_DELETE", "GUILD_DELETE", "GUILD_CREATE", "THREAD_UPDATE", "THREAD_LIST_SYNC"),
    *("GUILD_ROLE_UPDATE", "INTERACTION_CREATE", "READY"),
]


async def nothing() -> None:
    """Read no commands: there is no store of them."""


@given(st.sampled_from(KINDS), st.dictionaries(names, odd, max_size=8) | odd, st.booleans())
def test_odd_dispatches_never_raise(kind: str, data: Any, whole: bool) -> None:
    if whole and isinstance(data, dict):
        data = {**in_thread(), "user": AUTHOR, "token": "t", "message_id": "5", "user_id": ADA, **data}
    stored: list[Envelope] = []
    failed: list[BaseException] = []

    async def accept(envelope: Envelope) -> Accepted:
        stored.append(envelope)
        return Accepted(status="new")

    async def run() -> None:
        known, api = directory(), Api("token", "http://127.0.0.1:1/api/v10")
        intake = Intake(accept)
        interactions = Interactions(api, known, nothing)
        inbound = Inbound(api, known, RecentMessages(), interact=interactions.take, ready=lambda: None)
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context["exception"]))
        inbound.parsers(intake, Progress("s").mark)[kind](data)
        assert inbound.failed == 0
        while intake._tasks:
            await asyncio.sleep(0)
        await inbound.close()
        await intake.close()
        await interactions.close()

    asyncio.run(run())
    assert failed == []
    for envelope in stored:
        event = parse(from_json(Envelope, to_json(envelope)))
        if event is not None:
            assert from_json(type(event), to_json(event)) == event


@given(odd)
def test_odd_form_state_never_raises(state: Any) -> None:
    for components in (state, [state], [{"component": state}], [{"components": [state]}]):
        submitted = {"components": components, "resolved": {"attachments": state}}
        values_of(submitted)
        problems_of(submitted)
