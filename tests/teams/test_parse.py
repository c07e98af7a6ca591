"""Activities as Microsoft's documents show them, and any JSON at all: read the same way each time, never a crash."""

import asyncio
import copy
from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.jsons import dump, object_in
from adapters.teams.adapter import TeamsAdapter
from adapters.teams.envelope import Ignored, envelopes_of, ref_of
from adapters.teams.parse import parse
from adapters.teams.settings import TeamsSettings
from gateway.adapter import AdapterContext
from gateway.model import (
    Accepted,
    Envelope,
    Event,
    FormErrors,
    FormSubmitted,
    MessageCreated,
    ReactionChanged,
    from_json,
    to_json,
)
from tests.teams.recorded import recorded

# docs bots/how-to/conversations/conversation-messages, shortened
DOCUMENTED: dict[str, Any] = {
    "type": "message",
    "id": "1485983408511",
    "timestamp": "2017-02-01T21:10:07.437Z",
    "serviceUrl": "https://smba.trafficmanager.net/amer/",
    "channelId": "msteams",
    "from": {
        "id": "29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB39ATiQWA85gQtHieVkKilBZ9XHoq9j7Zaqt7CZ",
        "name": "Megan Bowen",
        "aadObjectId": "7faf8ab2-3d56-4244-b585-20c8a42ed2b8",
    },
    "conversation": {
        "conversationType": "personal",
        "id": "a:17I0kl9EkpE1O9PH5TWrzrLNwnWWcfrU7QZjKR0WSfOpzbfcAg2IaydG",
    },
    "recipient": {"id": "28:c9e8c047-2a74-40a2-b28a-b162d5f5327c", "name": "Teams TestBot"},
    "textFormat": "plain",
    "text": "Hello Teams TestBot.Sending bold-italic rich text",
    "attachments": [{"contentType": "text/html", "content": "<div>Hello <strong>bold</strong></div>"}],
    "entities": [{"locale": "en-US", "country": "US", "platform": "Windows", "type": "clientInfo"}],
    "channelData": {"tenant": {"id": "72f988bf-86f1-41af-91ab-2d7cd011db47"}},
}
CHANNEL: dict[str, Any] = {
    **DOCUMENTED,
    "text": "<at>Teams TestBot</at>&nbsp;ask <at>@Pranav Smith</at> if 1 &lt; 2 &amp;&amp; go",
    "attachments": [],
    "conversation": {
        "isGroup": True,
        "conversationType": "channel",
        "id": "19:aebd0ad4d6ab42c8b9ed19c251c2fc37@thread.tacv2;messageid=1481567603816",
        "tenantId": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    },
    "entities": [
        {"type": "mention", "mentioned": DOCUMENTED["recipient"], "text": "<at>Teams TestBot</at>"},
        {"type": "mention", "mentioned": {"id": "29:08q2", "name": "Pranav Smith"}, "text": "<at>@Pranav Smith</at>"},
    ],
}


def read(activity: dict[str, Any]) -> tuple[Envelope, Event | None]:
    found = envelopes_of(activity)
    assert not isinstance(found, Ignored), found
    [envelope] = found
    return envelope, parse(from_json(Envelope, to_json(envelope)))


def test_the_documented_message() -> None:
    envelope, event = read(DOCUMENTED)
    assert isinstance(event, MessageCreated)
    assert (event.text, event.files, event.addressed) == ("Hello **bold**", (), True)
    assert (event.user.id, event.user.name) == ("7faf8ab2-3d56-4244-b585-20c8a42ed2b8", "Megan Bowen")
    assert (event.ref.workspace, event.ref.kind) == ("72f988bf-86f1-41af-91ab-2d7cd011db47", "dm")
    assert event.ref.route == {
        "service": "https://smba.trafficmanager.net/amer/",
        "bot": DOCUMENTED["recipient"]["id"],
        "user": DOCUMENTED["from"]["id"],
    }
    assert envelope.key == f"{event.ref.key}:1485983408511"
    assert event.at == 1485983407.437


def test_in_a_channel_the_thread_is_the_conversation_and_mentions_are_readable() -> None:
    event = read(CHANNEL)[1]
    assert isinstance(event, MessageCreated)
    assert event.text == "ask @Pranav Smith if 1 < 2 && go"
    assert (event.ref.channel, event.ref.thread) == (
        "19:aebd0ad4d6ab42c8b9ed19c251c2fc37@thread.tacv2",
        "1481567603816",
    )
    assert event.addressed
    unaddressed = {**CHANNEL, "entities": []}
    event = read(unaddressed)[1]
    assert isinstance(event, MessageCreated) and not event.addressed
    root = {**unaddressed, "id": "1481567603816"}
    assert envelopes_of(root) == Ignored("not_addressed")


def test_a_post_without_a_thread_in_its_address_is_the_root_of_its_own() -> None:
    conversation = {**CHANNEL["conversation"], "id": "19:aebd@thread.tacv2"}
    _, event = read({**CHANNEL, "conversation": conversation})
    assert event is not None and (event.ref.thread, event.ref.kind) == ("1485983408511", "thread")


def test_what_the_bot_or_another_said_is_not_taken_in() -> None:
    for sender in (DOCUMENTED["recipient"], {"id": "28:another"}):
        assert envelopes_of({**DOCUMENTED, "from": sender}) == Ignored("bot")


def test_several_reactions_in_one_delivery_are_several_things() -> None:
    activity = {
        **DOCUMENTED,
        "type": "messageReaction",
        "replyToId": "1477983408511",
        "reactionsAdded": [{"type": "like"}, {"type": "heart"}],
        "reactionsRemoved": [{"type": "sad"}],
    }
    found = envelopes_of(activity)
    assert isinstance(found, list) and len({envelope.key for envelope in found}) == 3
    events = [parse(envelope) for envelope in found]
    assert [(e.emoji, e.added, e.message_id) for e in events if isinstance(e, ReactionChanged)] == [
        ("like", True, "1477983408511"),
        ("heart", True, "1477983408511"),
        ("sad", False, "1477983408511"),
    ]


def test_an_edit_and_a_deletion_are_things_of_their_own_each_time() -> None:
    keys = set()
    for kind in ("message", "messageUpdate", "messageDelete"):
        for at in ("2017-02-01T21:10:07Z", "2017-02-01T21:11:07Z"):
            keys.add(read({**CHANNEL, "type": kind, "timestamp": at})[0].key)
    assert len(keys) == 5  # the message is one, whenever it is delivered


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
TYPES = [
    "message", "messageUpdate", "messageDelete", "messageReaction", "conversationUpdate", "installationUpdate",
    "invoke",
]  # fmt: skip
NAMES = ["adaptiveCard/action", "task/fetch", "task/submit", "message/submitAction", "fileConsent/invoke", "x"]
FIELDS = [
    "from", "recipient", "conversation", "text", "textFormat", "attachments", "entities", "value", "replyToId",
    "channelData", "reactionsAdded", "reactionsRemoved", "membersAdded", "membersRemoved", "action", "timestamp", "id",
]  # fmt: skip


@given(st.sampled_from(TYPES), st.sampled_from(NAMES), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_any_activity_is_read_or_ignored_and_never_a_crash(kind: str, name: str, changes: dict[str, Any]) -> None:
    activity = {**CHANNEL, "type": kind, "name": name, **changes}
    ref_of(activity)
    found = envelopes_of(activity)
    for envelope in [] if isinstance(found, Ignored) else found:
        stored = from_json(Envelope, to_json(envelope))
        event = parse(stored)
        assert event == parse(envelope)
        if event is not None:
            assert from_json(type(event), to_json(event)) == event
            assert envelope.key.startswith("teams:")


RECORDED = recorded()
ODD = JSON | st.sampled_from(
    ["", "\ud83d", "x" * 5_000, -1, 1e300, True, "<p>", "{", "28:x", "19:x@thread.tacv2;messageid="]
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a piece of JSON."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield (*path, name)
        yield from paths(inner, (*path, name))


def changed(activity: Any, path: tuple[Any, ...], to: Any) -> None:
    """Put something in the place of what a path leads to, or take it away (``...``)."""
    for name in path[:-1]:
        activity = activity[name]
    if to is ...:
        del activity[path[-1]]
    else:
        activity[path[-1]] = to


async def accepted(envelope: Envelope) -> Accepted:
    """As the gateway takes it: what it says is read, and read again after a restart."""
    event = parse(envelope)
    stored = from_json(Envelope, to_json(envelope))
    assert parse(stored) == event
    if event is not None:
        assert from_json(type(event), to_json(event)) == event
    errors = FormErrors(errors={"why": "no"})
    return Accepted(status="new", answer=errors if isinstance(event, FormSubmitted) else None)


def test_every_recorded_activity_is_one_of_its_kind() -> None:
    """Else nothing would be shown by changing them."""
    kinds = [
        parse(each) for activity in RECORDED if isinstance(found := envelopes_of(activity), list) for each in found
    ]
    assert len({type(event).__name__ for event in kinds if event is not None}) == 9


@given(st.sampled_from(RECORDED), st.data())
@settings(max_examples=400)
def test_a_recorded_activity_with_anything_changed_is_never_an_error(activity: dict[str, Any], data: Any) -> None:
    mutated = copy.deepcopy(activity)
    for _ in range(data.draw(st.integers(1, 4))):
        known = list(paths(mutated))
        if known:
            changed(mutated, data.draw(st.sampled_from(known)), data.draw(st.just(...) | ODD))
    mutated = object_in(dump(mutated)) or {}
    adapter = TeamsAdapter(TeamsSettings(_env_file=None, auth="anonymous"), AdapterContext(loopback=True))
    reply = asyncio.run(adapter._inbound.handle(mutated, accepted))
    assert reply.status == 200
    orjson.dumps(reply.payload)


@given(JSON.filter(lambda value: isinstance(value, dict)))
def test_any_object_is_read_or_ignored(activity: Any) -> None:
    assert isinstance(envelopes_of(activity), Ignored | list)


def test_what_names_a_channel_or_a_group_is_no_personal_chat_even_without_a_type() -> None:
    for conversation, extra, kind in (
        ({"id": "19:x@thread.tacv2;messageid=5"}, {}, "thread"),
        ({"id": "19:x@thread.v2", "isGroup": True}, {}, "group"),
        ({"id": "19:x@thread.skype"}, {"channel": {"id": "19:x@thread.skype"}}, "thread"),
        ({"id": "a:1x"}, {}, "dm"),
    ):
        activity = {**DOCUMENTED, "conversation": conversation, "channelData": {"tenant": {"id": "t"}, **extra}}
        assert ref_of(activity).kind == kind, conversation
