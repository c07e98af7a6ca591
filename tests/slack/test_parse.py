"""What Slack delivers -> envelopes and events: keys, conversations, the rules of what is ignored, odd input."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.envelope import Ignored, Me, envelope_of
from adapters.slack.forms import values_of_view, view
from adapters.slack.mrkdwn import from_mrkdwn
from adapters.slack.parse import parse
from adapters.slack.twins import AWAITS_TWIN, Twins
from gateway.errors import Rejected
from gateway.model import (
    ActionInvoked,
    CommandInvoked,
    ConversationEnded,
    ConversationRef,
    ConversationStarted,
    Envelope,
    Event,
    FeedbackGiven,
    FileField,
    Form,
    FormSubmitted,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    NumberField,
    ReactionChanged,
    SelectField,
    StopRequested,
    SwitchField,
    TextField,
    from_json,
    to_json,
)

ME = Me("T1", "UBOT", "BBOT")
TS = "1700000000.000100"


def callback(event: dict[str, Any], **body: Any) -> dict[str, Any]:
    authorization = {"team_id": "T1", "user_id": "UBOT", "is_bot": True}
    return {"type": "event_callback", "token": "verification", "team_id": "T1", "event_id": "Ev1"} | {
        "authorizations": [authorization],
        "event": event,
        **body,
    }


def message(**fields: Any) -> dict[str, Any]:
    event = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "team": "T1", "ts": TS}
    return {**event, "text": "<@UBOT> hello", "event_ts": TS, **fields}


def read(body: dict[str, Any], dm_session: Any = "dm") -> Envelope | Ignored:
    return envelope_of(body, me=ME, dm_session=dm_session)


def enveloped(body: dict[str, Any], dm_session: Any = "dm") -> Envelope:
    envelope = read(body, dm_session)
    assert isinstance(envelope, Envelope), envelope
    return envelope


def event_of(body: dict[str, Any], dm_session: Any = "dm") -> Event:
    event = parse(from_json(Envelope, to_json(enveloped(body, dm_session))), me=ME)
    assert event is not None
    return event


def test_a_mention_is_the_root_of_its_thread() -> None:
    event = event_of(callback(message()))
    assert isinstance(event, MessageCreated)
    assert event.ref.key == f"slack:T1:C1:{TS}"
    assert (event.text, event.addressed, event.message_id, event.user.id) == ("hello", True, TS, "U1")
    assert event.at == pytest.approx(1700000000.0001)
    assert event.ref.route == {"user": "U1", "team": "T1"}


def test_the_twins_and_any_event_id_are_one_delivery_and_one_event() -> None:
    plain = enveloped(callback(message()))
    again = enveloped(callback(message(), event_id="Ev2"))
    mention = {name: value for name, value in message(type="app_mention").items() if name != "channel_type"}
    twin = enveloped(callback(mention))
    assert plain.key == again.key == twin.key == f"slack:T1:C1:{TS}"
    assert parse(plain, me=ME) == parse(twin, me=ME)


TYPING = {"type": "member_left_channel", "user": "UBOT", "channel": "C1", "event_ts": "3.0"}
RICH = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}]}]
PINNED = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "file", "id": "F"}]}]}]
WHOLE = {"id": "F1", "name": "a.png", "mimetype": "image/png", "url_private": "https://files.slack.com/a.png"}


@pytest.mark.parametrize(
    ("fields", "partial"),
    [
        ({"type": "app_mention", "blocks": RICH}, False),
        ({"type": "app_mention", "blocks": RICH, AWAITS_TWIN: True}, True),
        ({"type": "app_mention", "files": [], AWAITS_TWIN: True}, False),
        ({"type": "app_mention"}, False),
        ({"type": "app_mention", "blocks": RICH, "upload": True}, True),
        ({"type": "app_mention", "blocks": PINNED}, True),
        ({"type": "app_mention", "files": [WHOLE]}, False),
        ({"type": "app_mention", "blocks": RICH, "files": [{"id": "F1"}]}, True),
        ({"blocks": RICH, "files": [{"id": "F1", "file_access": "check_file_info"}]}, True),
        ({"blocks": RICH, "files": [{"id": "F1", "mode": "tombstone"}]}, False),
        ({"text": "<@UBOT> typed by another app"}, False),
    ],
)
def test_only_what_may_lack_something_is_partial(fields: dict[str, Any], partial: bool) -> None:
    event = event_of(callback(message(**fields)))
    assert isinstance(event, MessageCreated)
    assert event.partial is partial


def test_a_second_event_of_a_mention_is_expected_as_long_as_such_events_come(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("adapters.slack.twins.time.monotonic", lambda: now)
    twins = Twins()

    def awaited(**fields: Any) -> bool:
        envelope = enveloped(callback(message(type="app_mention", channel_type=None, **fields)))
        twins.mark(envelope, ME)
        return AWAITS_TWIN in envelope.body["event"]

    assert not awaited(files=[WHOLE])
    assert [awaited(blocks=RICH) for _ in range(9)] == [True] * 7 + [False] * 2
    # One without blocks lacks something: now and then it is worth a question.
    assert [awaited() for _ in range(3)] == [True, False, False]
    now += 3
    assert (awaited(), awaited()) == (True, False)
    for other in (message(text="no mention", thread_ts="1.1"), message(channel="D1", channel_type="im"), TYPING):
        twins.mark(enveloped(callback(other)), ME)
        assert not awaited(blocks=RICH)
    twins.mark(enveloped(callback(message())), ME)
    assert awaited(blocks=RICH)


def test_the_verification_token_is_not_stored() -> None:
    assert "verification" not in str(to_json(enveloped(callback(message()))))


def test_a_reply_without_mention_is_not_addressed() -> None:
    event = event_of(callback(message(text="and now", thread_ts="1.1", ts="1.2")))
    assert isinstance(event, MessageCreated)
    assert (event.ref.key, event.addressed) == ("slack:T1:C1:1.1", False)


def test_in_a_shared_channel_the_authorized_workspace_counts() -> None:
    body = callback(message(user_team="T9", team="T9"), team_id="T9")
    envelope = enveloped(body)
    assert envelope.ref.workspace == "T1"
    assert envelope.ref.route["team"] == "T9"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"text": "hello all"}, "not_addressed"),
        ({"user": "UBOT"}, "own"),
        ({"bot_id": "BBOT", "user": "U1"}, "own"),
        ({"bot_id": "BELSE"}, "bot"),
        ({"user": "USLACKBOT", "text": "Reminder: <@UBOT> water the plants"}, "bot"),
        ({"user": "USLACKBOT", "channel": "D1", "channel_type": "im", "text": "Reminder: tea"}, "bot"),
        ({"user": "USLACKBOT", "type": "app_mention"}, "bot"),
        ({"subtype": "bot_message", "user": ""}, "subtype"),
        ({"subtype": "channel_join"}, "subtype"),
        ({"subtype": "channel_topic"}, "subtype"),
        ({"subtype": "something_new"}, "subtype"),
        ({"ts": None}, "malformed"),
        ({"channel": None}, "malformed"),
    ],
)
def test_what_is_ignored_and_why(fields: dict[str, Any], why: str) -> None:
    assert read(callback(message(**fields))) == Ignored(why)


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_subtypes_that_are_a_persons_words(subtype: str) -> None:
    assert isinstance(event_of(callback(message(subtype=subtype))), MessageCreated)


def test_a_dm_is_one_conversation_and_its_route_says_where_to_reply() -> None:
    dm = {"channel": "D1", "channel_type": "im", "text": "hi"}
    first = enveloped(callback(message(**dm)))
    reply = enveloped(callback(message(**dm, ts="9.1", thread_ts="1.1")))
    assert first.ref.key == reply.ref.key == "slack:T1:D1"
    assert first.ref.kind == "dm"
    assert (first.ref.route["thread_ts"], reply.ref.route["thread_ts"]) == (TS, "1.1")
    assert first.key == f"slack:T1:D1:{TS}"


def test_the_messages_tab_is_a_dm_under_either_name() -> None:
    direct = [callback(message(text="hi", channel="D1", channel_type=kind)) for kind in ("im", "app_home")]
    assert len({enveloped(body).key for body in direct}) == 1
    assert [enveloped(body).ref.kind for body in direct] == ["dm", "dm"]


def test_a_dm_can_be_one_conversation_per_thread() -> None:
    ref = enveloped(callback(message(channel="D1", channel_type="im", text="hi")), "thread").ref
    assert (ref.key, ref.kind) == (f"slack:T1:D1:{TS}", "dm")
    assert "thread_ts" not in ref.route


def changed(new: dict[str, Any], old: dict[str, Any], **fields: Any) -> dict[str, Any]:
    base = {"type": "message", "user": "U1", "ts": TS, "thread_ts": TS, "text": "old"}
    edited = {"message": {**base, **new}, "previous_message": {**base, **old}}
    return callback(message(subtype="message_changed", user=None, text=None, ts="5.0", **edited, **fields))


def test_an_edit_by_a_person() -> None:
    body = changed({"text": "new", "edited": {"user": "U1", "ts": "3.0"}}, {})
    event = event_of(body)
    assert isinstance(event, MessageEdited)
    assert (event.text, event.message_id, event.ref.thread) == ("new", TS, TS)
    assert enveloped(body).key == f"slack:T1:C1:{TS}:edit:3.0"


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ({"attachments": [{"title": "unfurled"}]}, "not_an_edit"),
        ({"text": "new"}, "not_an_edit"),
        ({"edited": {"user": "U1", "ts": "3"}}, "not_an_edit"),
        ({"text": "new", "user": "UBOT", "edited": {"user": "UBOT", "ts": "3"}}, "own"),
        ({"text": "new", "bot_id": "B2", "edited": {"user": "U2", "ts": "3"}}, "bot"),
        ({"text": "new", "thread_ts": "", "edited": {"user": "U1", "ts": "3"}}, "not_addressed"),
    ],
)
def test_changes_that_are_no_edit(new: dict[str, Any], why: str) -> None:
    assert read(changed(new, {})) == Ignored(why)


def test_a_deleted_message_and_a_deleted_root() -> None:
    gone = {"type": "message", "user": "U1", "ts": "2.2", "thread_ts": "1.1", "text": "x"}
    body = callback(message(subtype="message_deleted", deleted_ts="2.2", previous_message=gone))
    event = event_of(body)
    assert isinstance(event, MessageDeleted)
    assert (event.message_id, event.ref.thread, enveloped(body).key) == ("2.2", "1.1", "slack:T1:C1:2.2:delete")
    for root in (
        gone | {"ts": "1.1", "reply_count": 3},
        {**gone, "ts": "1.1", "text": "<@UBOT> x", "thread_ts": ""},
        {},
    ):
        ended = event_of(callback(message(subtype="message_deleted", deleted_ts="1.1", previous_message=root)))
        assert isinstance(ended, ConversationEnded)
        assert (ended.reason, ended.ref.thread) == ("deleted", "1.1")
    stone = event_of(changed({"subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted."}, {}))
    assert isinstance(stone, ConversationEnded)
    assert stone.user.id == "U1"


def test_reactions() -> None:
    reaction = {"type": "reaction_added", "user": "U1", "reaction": "thumbsup", "event_ts": "7.0"}
    item = {"item": {"type": "message", "channel": "C1", "ts": "2.2"}}
    added, removed = callback(reaction | item), callback(reaction | item | {"type": "reaction_removed"})
    event = event_of(added)
    assert isinstance(event, ReactionChanged)
    assert (event.emoji, event.added, event.message_id, event.ref.thread) == ("thumbsup", True, "2.2", "2.2")
    other = event_of(removed)
    assert isinstance(other, ReactionChanged) and not other.added
    assert enveloped(added).key != enveloped(removed).key
    assert read(callback(reaction | item | {"user": "UBOT"})) == Ignored("own")
    assert read(callback(reaction | {"item": {"type": "file"}})) == Ignored("not_a_message")


def test_opening_stopping_leaving() -> None:
    opened = {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "messages", "event_ts": "1.0"}
    event = event_of(callback(opened))
    assert isinstance(event, ConversationStarted)
    assert event.ref.key == "slack:T1:D1" and "thread_ts" not in event.ref.route
    assert read(callback(opened | {"tab": "home"})) == Ignored("not_the_messages_tab")
    stop = {"type": "agent_session_stopped", "channel": "C1", "thread_ts": "1.1", "user": "U1", "event_ts": "2.0"}
    stopped = event_of(callback(stop))
    assert isinstance(stopped, StopRequested) and stopped.ref.key == "slack:T1:C1:1.1"
    left = {"type": "member_left_channel", "user": "UBOT", "channel": "C1", "event_ts": "3.0"}
    ended = event_of(callback(left))
    assert isinstance(ended, ConversationEnded) and ended.reason == "removed"
    assert read(callback(left | {"user": "U2"})) == Ignored("not_the_bot")
    assert read(callback({"type": "app_uninstalled"})) == Ignored("unknown_event")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"type": "channel_left", "actor_id": "U2"}, "removed"),
        ({"type": "group_left", "actor_id": "U2"}, "removed"),
        ({"type": "channel_archive", "user": "U2"}, "removed"),
        ({"type": "group_archive", "user": "U2"}, "removed"),
        ({"type": "channel_deleted"}, "deleted"),
        ({"type": "group_deleted"}, "deleted"),
        ({"type": "message", "subtype": "channel_archive", "user": "U2", "ts": "4.0", "text": ""}, "removed"),
        ({"type": "message", "subtype": "group_leave", "user": "UBOT", "ts": "4.0", "text": ""}, "removed"),
    ],
)
def test_a_channel_that_is_over_ends_its_conversations(event: dict[str, Any], reason: str) -> None:
    body = callback({"channel": "C1", **event})
    ended = event_of(body)
    assert isinstance(ended, ConversationEnded)
    assert (ended.reason, ended.ref.key) == (reason, "slack:T1:C1")
    if "ts" not in event and "event_ts" not in event:  # without a time the id of the event tells one from the next
        assert enveloped(body).key == enveloped(body).key != enveloped({**body, "event_id": "Ev2"}).key


def test_a_channel_somebody_else_leaves_goes_on() -> None:
    left = {"type": "message", "subtype": "channel_leave", "channel": "C1", "user": "U2", "ts": "4.0", "text": ""}
    assert read(callback(left)) == Ignored("subtype")


def action(**fields: Any) -> dict[str, Any]:
    click = {"type": "button", "action_id": "gw:action:0", "value": "token", "action_ts": "8.0"}
    return {
        "type": "block_actions",
        "user": {"id": "U1", "username": "ada", "team_id": "T1"},
        "team": {"id": "T1"},
        "channel": {"id": "C1"},
        "container": {"type": "message", "message_ts": "2.2", "channel_id": "C1", "thread_ts": "1.1"},
        "message": {"ts": "2.2", "thread_ts": "1.1"},
        "actions": [click | fields],
    }


def test_buttons_and_feedback() -> None:
    event = event_of(action())
    assert isinstance(event, ActionInvoked)
    assert (event.token, event.message_id, event.ref.key, event.user.name) == ("token", "2.2", "slack:T1:C1:1.1", "ada")
    for value, sign in ((1, "+"), (0, "-")):
        given_ = event_of(action(type="feedback_buttons", action_id="gw:feedback", value=f"{sign}m1"))
        assert isinstance(given_, FeedbackGiven)
        assert (given_.token, given_.value) == ("m1", value)
    assert read(action(action_id="others")) == Ignored("foreign_action")
    assert enveloped(action()).key != enveloped(action(action_ts="9.0")).key


def test_a_command() -> None:
    body = {"command": "/new", "text": " a &amp; b ", "user_id": "U1", "user_name": "ada", "channel_id": "D1"}
    event = event_of(body | {"team_id": "T1", "trigger_id": "tr", "token": "verification"})
    assert isinstance(event, CommandInvoked)
    assert (event.command, event.text, event.ref.key, event.ref.kind) == ("new", "a & b", "slack:T1:D1", "dm")


FORM = Form(
    token="f1",
    title="A title that is far too long for Slack",
    fields=(
        TextField(id="name", label="Name", initial="Ada", placeholder="who", max_length=10),
        SelectField(id="one", label="One", options=(("a", "A"), ("b", "B")), initial=("b",)),
        SelectField(id="many", label="Many", options=(("a", "A"), ("b", "B")), multiple=True, required=False),
        NumberField(id="n", label="N", minimum=0, maximum=10, step=1, initial=3),
        SwitchField(id="on", label="On", initial=True),
        FileField(id="file", label="File", extensions=(".PDF",), max_files=50),
    ),
)
REF = ConversationRef(platform="slack", workspace="T1", channel="D1", kind="dm", route={"thread_ts": "1.1"})


def submitted(**values: dict[str, Any]) -> dict[str, Any]:
    modal = view(FORM, REF) | {"id": "V1", "hash": "h", "state": {"values": values}}
    return {"type": "view_submission", "user": {"id": "U1", "name": "ada"}, "team": {"id": "T1"}, "view": modal}


def test_a_form_as_a_modal() -> None:
    modal = view(FORM, REF)
    assert len(modal["title"]["text"]) == 24
    name, one, many, number, switch, file = (block["element"] for block in modal["blocks"])
    assert name["initial_value"] == "Ada" and name["max_length"] == 10
    assert one["initial_option"]["value"] == "b" and many["type"] == "multi_static_select"
    assert (number["min_value"], number["max_value"], number["is_decimal_allowed"]) == ("0", "10", False)
    assert switch["initial_options"] == switch["options"]
    assert (file["filetypes"], file["max_files"]) == (["pdf"], 10)
    assert [block.get("optional", False) for block in modal["blocks"]] == [False, False, True, False, True, False]


def test_a_form_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Rejected, match="token"):
        view(replace(FORM, token="t" * 3000), REF)
    long = SelectField(id="s", label="S", options=(("v" * 151, "V"),))
    with pytest.raises(Rejected, match="151"):
        view(Form(token="t", title="t", fields=(long,)), REF)
    many = SelectField(id="s", label="S", options=tuple((str(n), str(n)) for n in range(250)))
    groups = view(Form(token="t", title="t", fields=(many,)), REF)["blocks"][0]["element"]["option_groups"]
    assert [len(group["options"]) for group in groups] == [100, 100, 50]


def test_a_submission_brings_token_conversation_values_and_files() -> None:
    pdf = {"id": "F1", "name": "a.pdf", "mimetype": "application/pdf", "size": 3, "url_private": "https://f"}
    body = submitted(
        name={"gw:input": {"type": "plain_text_input", "value": "Ada"}},
        one={"gw:input": {"type": "static_select", "selected_option": {"value": "a"}}},
        many={"gw:input": {"type": "multi_static_select", "selected_options": [{"value": "a"}, {"value": "b"}]}},
        n={"gw:input": {"type": "number_input", "value": "2.5"}},
        on={"gw:input": {"type": "checkboxes", "selected_options": []}},
        file={"gw:input": {"type": "file_input", "files": [pdf]}},
    )
    event = event_of(body)
    assert isinstance(event, FormSubmitted)
    assert (event.token, event.ref.key, event.ref.route["thread_ts"]) == ("f1", "slack:T1:D1", "1.1")
    assert event.values == {"name": "Ada", "one": "a", "many": ("a", "b"), "n": 2.5, "on": False, "file": ("a.pdf",)}
    assert event.files[0].id == "F1" and event.files[0].extra == {"field": "file"}


def test_a_corrected_form_is_a_new_delivery_the_same_one_is_not() -> None:
    first = submitted(name={"gw:input": {"type": "plain_text_input", "value": "x"}})
    second = submitted(name={"gw:input": {"type": "plain_text_input", "value": "y"}})
    assert enveloped(first).key == enveloped(json.loads(json.dumps(first))).key != enveloped(second).key


def test_a_modal_of_someone_else_is_ignored() -> None:
    body = submitted()
    body["view"]["callback_id"] = "others"
    assert read(body) == Ignored("foreign_view")
    body = submitted()
    body["view"]["private_metadata"] = "not json"
    assert read(body) == Ignored("foreign_view")


def test_files() -> None:
    ok = {"id": "F1", "name": "a.png", "mimetype": "image/png", "size": 9, "url_private_download": "https://d"}
    shared = {"id": "F2", "file_access": "check_file_info"}
    gone = {"id": "F3", "mode": "tombstone"}
    event = event_of(callback(message(subtype="file_share", files=[ok, shared, gone, "odd"])))
    assert isinstance(event, MessageCreated)
    first, second, third = event.files
    assert (first.name, first.mime, first.size, first.url, first.workspace) == (
        "a.png",
        "image/png",
        9,
        "https://d",
        "T1",
    )
    assert (second.id, second.url, second.extra) == ("F2", None, {"access": "check_file_info"})
    assert (third.id, third.extra) == ("F3", {"mode": "tombstone"})


@pytest.mark.parametrize(
    ("mrkdwn", "markdown"),
    [
        ("<@UBOT> hi", " hi"),
        ("ask <@UBOT> now", "ask now"),
        ("<@U2|ada> and <@U3>", "@ada and @U3"),
        ("<#C1|general> <!here> <!subteam^S1|@devs>", "#general @here @devs"),
        ("<https://x.y|site> <https://x.y>", "[site](https://x.y) https://x.y"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<http://x.y|x.y>", "http://x.y"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("*bold* _it_ ~no~", "**bold** _it_ ~~no~~"),
        ("2 * 3 * 4, a*b*c", "2 * 3 * 4, a*b*c"),
        ("`*code*` ```x *y* &lt;z&gt;```", "`*code*` ```x *y* <z>```"),
        ("run ```ls\npwd``` now", "run \n```\nls\npwd\n```\n now"),
        ("```\n<https://x.y|x.y>\n```", "```\nx.y\n```"),
        ("<https://x.y/a_(b|odd [one]>", "[odd \\[one\\]](<https://x.y/a_(b>)"),
        ("<@UBOT>: /stop", " /stop"),
        ("<@UBOT>, /new", " /new"),
        ("<@UBOT>:/stop", "/stop"),
        ("<@UBOT> :wave: hi", " :wave: hi"),
        ("<@UBOT>:wave: hi", ":wave: hi"),
        ("well, <@UBOT>: do it", "well,: do it"),
    ],
)
def test_mrkdwn_becomes_markdown(mrkdwn: str, markdown: str) -> None:
    assert from_mrkdwn(mrkdwn, "UBOT") == markdown


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return callback(message(blocks=[{"type": "rich_text", "elements": list(elements)}]))


def test_rich_text_becomes_markdown() -> None:
    section = [
        {"type": "user", "user_id": "UBOT"},
        {"type": "text", "text": " see "},
        {"type": "text", "text": "this ", "style": {"bold": True}},
        {"type": "link", "url": "https://x.y", "text": "site"},
        {"type": "emoji", "name": "wave", "unicode": "1f44b"},
        {"type": "user", "user_id": "U2"},
    ]
    items = [{"type": "rich_text_section", "elements": [{"type": "text", "text": word}]} for word in "ab"]
    event = event_of(
        rich(
            {"type": "rich_text_section", "elements": section},
            {"type": "rich_text_list", "style": "ordered", "indent": 0, "elements": items},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x  <y>"}]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "q\nr"}]},
        )
    )
    assert isinstance(event, MessageCreated)
    assert event.text == "see **this** [site](https://x.y)👋@U2\n1. a\n2. b\n```\nx  <y>\n```\n> q\n> r"


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
NAMES = """
type event channel user ts thread_ts text message previous_message item actions view state values files blocks elements
authorizations subtype container action_id command private_metadata r edited
"""
WORDS = """
event_callback message app_mention block_actions view_submission message_changed message_deleted reaction_added
app_home_opened gw:form gw:action:1 C1 D1 1.1 rich_text file_share {} [] messages
"""
names, words = st.sampled_from(NAMES.split()), st.sampled_from(WORDS.split())
odd = st.recursive(
    st.one_of(scalars, words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=6)),
    max_leaves=25,
)


@given(st.dictionaries(names, odd, max_size=8), odd)
def test_odd_input_never_raises(body: dict[str, Any], event: Any) -> None:
    for each in (body, body | {"type": "event_callback", "event": event}, body | {"event": message(blocks=event)}):
        envelope = read(each)
        if isinstance(envelope, Envelope):
            parse(envelope, me=ME)


@given(odd)
def test_odd_form_state_never_raises(state: Any) -> None:
    values_of_view({"state": {"values": {"a": {"gw:input": state}, "b": state}}})
