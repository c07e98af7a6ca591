"""Invokes over the wire: answered in place with the bodies Teams wants, whatever they are."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.teams.filenames import onedrive_name
from adapters.teams.hosts import of_connector, of_onedrive
from adapters.teams.names import CONSENT, FILE
from gateway.emulators.teams.emulator import Upload
from gateway.errors import Gone, TooLarge, Unsupported
from gateway.model import (
    ActionInvoked,
    Button,
    ConversationEnded,
    ConversationStarted,
    DateField,
    FeedbackGiven,
    Form,
    FormErrors,
    FormSubmitted,
    FromBytes,
    FromPath,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    Notice,
    NumberField,
    OpenForm,
    Outgoing,
    OutgoingFile,
    SelectField,
    SwitchField,
    TextField,
)
from tests.contract.world import Post
from tests.teams.harness import TeamsHarness
from tests.teams.test_outbound import raw

FORM = Form(
    token="form",
    title="A form with a title that is longer than any dialog of Teams can show it",
    fields=(
        TextField(id="why", label="Why", placeholder="because"),
        SelectField(id="all", label="Which", options=(("a,b", "A"), ("50%", "B")), multiple=True),
        NumberField(id="many", label="How many", required=False),
        SwitchField(id="sure", label="Sure", initial=True),
    ),
)


async def asked(harness: TeamsHarness, *, channel: bool = False, opens_form: bool = False) -> tuple[Post, str]:
    """A message with a button; its place and id."""
    post, ref = await (harness.mention() if channel else harness.dm())
    button = Button(token="t", label="Go", opens_form=opens_form)
    return post, (await harness.adapter.send(ref, Outgoing(text="pick", buttons=(button,)), key="k")).id


@pytest.mark.parametrize("channel", [False, True])
async def test_a_click_is_executed_in_place(harness: TeamsHarness, channel: bool) -> None:
    post, message = await asked(harness, channel=channel)
    result = await harness.teams.click(post.place.channel, message, "Go")
    assert result.body == {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": ""}
    event = await harness.heard(ActionInvoked)
    assert (event.token, event.message_id, event.ref.thread) == ("t", message, post.place.thread)
    harness.answer = lambda event: Notice(text="not yours")
    assert (await harness.teams.click(post.place.channel, message, "Go")).message == "not yours"


async def test_an_old_clients_click_comes_as_a_message_and_is_the_same(harness: TeamsHarness) -> None:
    post, message = await asked(harness)
    [card] = (each["content"] for each in raw(harness, post)[-1]["attachments"])
    fallback = card["body"][-1]["actions"][0]["fallback"]
    delivery = await harness.teams.emit({"type": "message", "id": "9", "value": fallback["data"], "replyToId": message})
    assert (delivery.status, delivery.body) == (200, None)
    event = await harness.heard(ActionInvoked)
    assert (event.token, event.message_id) == ("t", message)


async def test_a_form_is_shown_comes_back_typed_and_is_shown_again_with_what_is_wrong(harness: TeamsHarness) -> None:
    post, message = await asked(harness, opens_form=True)
    harness.answer = lambda event: OpenForm(form=FORM)
    clicked = await harness.teams.click(post.place.channel, message, "Go")
    [dialog] = harness.teams.open_dialogs()
    assert clicked.dialog == dialog.id and len(dialog.title) == 64 and dialog.title.endswith("…")
    harness.answer = lambda event: FormErrors(errors={"why": "*More* please", "": "All of it is wrong"})
    entered = {"gw:why": "x, y", "gw:all": ["A", "B"], "gw:many": "2.5", "gw:sure": False}
    await harness.teams.submit_dialog(dialog.id, entered)
    event = await harness.heard(FormSubmitted)
    assert event.token == "form"
    assert event.values == {"why": "x, y", "all": ("a,b", "50%"), "many": 2.5, "sure": False}
    [again] = harness.teams.open_dialogs()
    assert again.card is not None
    body = again.card["body"]
    assert [each["text"] for each in body if each["type"] == "TextBlock"] == [
        "All of it is wrong",
        "\\*More\\* please",
    ]
    kept = {each["id"]: each.get("value") for each in body if "id" in each}
    assert kept == {"gw:why": "x, y", "gw:all": "a%2Cb,50%25", "gw:many": 2.5, "gw:sure": "false"}
    harness.answer = lambda event: None
    done = await harness.teams.submit_dialog(again.id, {})
    assert (done.status, done.body, harness.teams.open_dialogs()) == (200, None, [])


async def test_a_date_hints_and_radio_buttons_are_teams_own(harness: TeamsHarness) -> None:
    day = DateField(
        id="day", label="Day", hint="*Any* day", minimum="2026-01-01", maximum="2026-12-31", initial="2026-11-28"
    )
    options = (("a", "A"), ("b", "B"))
    radio = SelectField(id="one", label="One", options=options, style="buttons", initial=("b",))
    menu = SelectField(id="other", label="Other", options=options)
    _, message = await asked(harness, opens_form=True)
    harness.answer = lambda event: OpenForm(form=Form(token="form", title="When", fields=(day, radio, menu)))
    await harness.teams.click("personal", message, "Go")
    [dialog] = harness.teams.open_dialogs()
    assert dialog.card is not None
    date, hint, *choices = dialog.card["body"]
    assert (date["type"], date["min"], date["max"], date["value"]) == (
        "Input.Date",
        "2026-01-01",
        "2026-12-31",
        "2026-11-28",
    )
    assert (hint["text"], hint["isSubtle"]) == ("\\*Any\\* day", True)
    assert [each["style"] for each in choices] == ["expanded", "compact"]
    wrong = await harness.teams.submit_dialog(dialog.id, {"gw:day": "2027-01-01", "gw:other": "a"})
    assert wrong.errors == {"gw:day": "Day: please fill this in"}
    await harness.teams.submit_dialog(dialog.id, {"gw:day": "2026-02-03", "gw:other": "a"})
    assert (await harness.heard(FormSubmitted)).values == {"day": "2026-02-03", "one": "b", "other": "a"}


async def test_a_dialog_with_nothing_to_show_says_so_and_closes(harness: TeamsHarness) -> None:
    post, message = await asked(harness, opens_form=True)
    assert (await harness.teams.click(post.place.channel, message, "Go")).message == "Done."
    harness.answer = lambda event: Notice(text="not now")
    assert (await harness.teams.click(post.place.channel, message, "Go")).message == "not now"
    assert harness.teams.open_dialogs() == []


@pytest.mark.parametrize("name", ["signin/verifyState", "composeExtension/query", "suggestedActions/submit", "new/one"])
async def test_an_invoke_of_any_name_is_acknowledged_and_goes_no_further(harness: TeamsHarness, name: str) -> None:
    result = await harness.teams.invoke("personal", name, {"a": 1})
    assert (result.status, result.body, harness.attempts) == (200, {}, 0)
    assert harness.adapter.ignored["unknown_invoke"] == 1


async def test_cards_of_others_are_no_business_of_ours(harness: TeamsHarness) -> None:
    for name, value in (
        ("adaptiveCard/action", {"action": {"type": "Action.Execute", "verb": "x", "data": {"a": 1}}}),
        ("task/fetch", {"data": {"gw_action": 7}}),
        ("task/submit", {"data": {"gw_form": "x"}}),
        ("fileConsent/invoke", {"action": "accept", "context": {"file": "1"}}),
    ):
        assert (await harness.teams.invoke("personal", name, value)).status == 200
    assert harness.attempts == 0


async def test_thumbs_that_are_changed_are_a_second_rating(harness: TeamsHarness) -> None:
    _, ref = await harness.dm()
    sent = await harness.adapter.send(ref, Outgoing(text="answer", feedback="m"), key="k")
    for given, value in (("like", 1), ("dislike", 0), ("dislike", 0)):
        await harness.teams.feedback("personal", sent.id, given)  # type: ignore[arg-type]
        event = await harness.heard(FeedbackGiven)
        assert (event.value, event.message_id) == (value, sent.id)


async def test_thumbs_bring_the_comment_along_and_are_answered_with_nothing(harness: TeamsHarness) -> None:
    post, ref = await harness.dm()
    sent = await harness.adapter.send(ref, Outgoing(text="answer", feedback="m"), key="k")
    result = await harness.teams.feedback(post.place.channel, sent.id, "dislike", "  too short ")
    assert (result.status, result.body) == (200, {})
    event = await harness.heard(FeedbackGiven)
    assert (event.value, event.comment, event.message_id, event.token) == (0, "too short", sent.id, "")
    await harness.teams.feedback(post.place.channel, sent.id, "like")
    assert (await harness.heard(FeedbackGiven)).comment == ""
    given = {"actionName": "feedback", "actionValue": {"reaction": "like", "feedback": {"feedbackText": "nice"}}}
    await harness.teams.invoke("personal", "message/submitAction", given, message_id=sent.id)
    assert (await harness.heard(FeedbackGiven)).comment == "nice"


# -- files out


def named(name: str, data: bytes = b"bytes") -> OutgoingFile:
    return OutgoingFile(name=name, source=FromBytes(data=data))


async def offered(harness: TeamsHarness, file: OutgoingFile) -> tuple[Post, str]:
    """A file waiting for consent; the id of its card."""
    post, ref = await harness.dm()
    receipt = await harness.adapter.send(ref, Outgoing(files=(file,)), key="k")
    return post, receipt.id


async def test_a_file_is_uploaded_in_fragments_and_shown_once_it_was_agreed_to(
    harness: TeamsHarness, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 24_000  # more than one fragment
    path = tmp_path / "big.bin"
    path.write_bytes(data)
    post, card = await offered(harness, OutgoingFile(name="ä b.bin", source=FromPath(path=path)))
    [consent] = raw(harness, post)[-1]["attachments"]
    assert (consent["contentType"], consent["content"]["sizeInBytes"]) == (CONSENT, len(data))
    path.unlink()  # it is held until it is wanted
    assert (await harness.teams.consent("personal", card)).status == 200
    ranges = [call.args["content_range"] for call in harness.teams.calls_to("upload")]
    assert ranges == [f"bytes 0-5242879/{len(data)}", f"bytes 5242880-{len(data) - 1}/{len(data)}"]
    [message] = raw(harness, post)
    [shown] = message["attachments"]
    assert (shown["contentType"], shown["name"]) == (FILE, "ä b.bin")
    stored = harness.teams.backend.files.find(shown["content"]["uniqueId"])
    assert stored is not None and stored.content == data


async def test_a_declined_file_is_let_go(harness: TeamsHarness) -> None:
    post, card = await offered(harness, named("a_b.txt"))
    assert (await harness.teams.consent("personal", card, accept=False)).status == 200
    [message] = raw(harness, post)
    assert message["text"] == "a\\_b.txt: declined."
    assert harness.teams.calls_to("upload") == []
    assert (await harness.teams.redeliver(invoked_at(harness))).status == 200


async def test_an_upload_that_failed_can_be_tried_again_and_a_second_press_changes_nothing(
    harness: TeamsHarness,
) -> None:
    post, card = await offered(harness, named("a.txt"))
    harness.teams.fail_next("upload", status=503)
    failed = await harness.teams.consent("personal", card)
    assert failed.status == 502 and failed.error
    with harness.teams.hold("upload") as hold:
        first = asyncio.create_task(harness.teams.consent("personal", card))
        await hold.reached()
        second = asyncio.create_task(harness.teams.redeliver(invoked_at(harness)))
        hold.release()
        assert [(await each).status for each in (first, second)] == [200, 200]
    assert (await harness.teams.redeliver(invoked_at(harness))).status == 200
    assert [message["attachments"][0]["contentType"] for message in raw(harness, post)] == [FILE]
    harness.teams.interaction_errors.clear()


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/upload", "https://sharepoint.com.evil.example/", "http://169.254.169.254/", "ftp://x/", ""],
)
async def test_bytes_go_to_onedrive_only(harness: TeamsHarness, url: str) -> None:
    post, card = await offered(harness, named("secret.txt"))
    [consent] = raw(harness, post)[-1]["attachments"]
    value = {
        "type": "fileUpload",
        "action": "accept",
        "context": consent["content"]["acceptContext"],
        "uploadInfo": {"uploadUrl": url, "name": "secret.txt", "uniqueId": "1"},
    }
    assert (await harness.teams.invoke("personal", "fileConsent/invoke", value, message_id=card)).status == 502
    assert (await harness.teams.consent("personal", card)).status == 200  # nothing was lost by it


async def test_a_file_that_is_no_longer_held_is_said_to_be_gone(harness: TeamsHarness) -> None:
    post, card = await offered(harness, named("a.txt"))
    [consent] = raw(harness, post)[-1]["attachments"]
    value = {"type": "fileUpload", "action": "accept", "context": {"gw_file": "0" * 32}, "uploadInfo": {}}
    assert consent["content"]["acceptContext"] != value["context"]
    assert (await harness.teams.invoke("personal", "fileConsent/invoke", value, message_id=card)).status == 200
    assert "ask for it again" in raw(harness, post)[-1]["text"]


@pytest.mark.parametrize("how", [{"retry_after": 0}, {"status": 503}, {"status": 412}, {"status": "disconnect"}])
@pytest.mark.parametrize("answer", ["accept", "decline"])
async def test_an_answer_to_a_file_is_taken_although_the_message_about_it_has_to_be_sent_twice(
    harness: TeamsHarness, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], answer: str
) -> None:
    monkeypatch.setattr("adapters.teams.patience.random.uniform", lambda *_: 0.0)
    monkeypatch.setattr("adapters.teams.errors.random.uniform", lambda *_: 0.0)
    post, card = await offered(harness, named("a.txt"))
    for method in ("send", "update", "delete"):
        harness.teams.fail_next(method, **how)
    assert (await harness.teams.consent("personal", card, accept=answer == "accept")).status == 200
    [message] = raw(harness, post)
    if answer == "accept":
        assert [each["contentType"] for each in message["attachments"]] == [FILE]
        assert len(harness.teams.calls_to("upload")) == 1
    else:
        assert message["text"] == "a.txt: declined."


async def test_an_upload_stays_done_although_no_message_about_it_can_be_sent(
    harness: TeamsHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.teams.patience.random.uniform", lambda *_: 0.0)
    _, card = await offered(harness, named("a.txt"))
    harness.teams.fail_next("send", status=403, times=100)
    assert (await harness.teams.consent("personal", card)).status == 200
    assert (await harness.teams.redeliver(invoked_at(harness))).status == 200
    assert len(harness.teams.calls_to("upload")) == 1


async def test_a_message_about_a_file_that_may_be_there_is_sent_once_more_and_no_more(
    harness: TeamsHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.teams.patience.random.uniform", lambda *_: 0.0)
    post, card = await offered(harness, named("a.txt"))
    harness.teams.fail_next("send", status=504, after_effect=True, times=100)
    assert (await harness.teams.consent("personal", card)).status == 200
    shown = [each["contentType"] for message in raw(harness, post) for each in message["attachments"]]
    assert shown == [CONSENT, FILE, FILE]


async def test_a_file_is_given_to_whom_it_was_offered_and_nobody_else(harness: TeamsHarness) -> None:
    """What an answer says of the file is the client's to write: not the chat, nor the person, can be made up."""
    post, card = await offered(harness, named("salaries.txt"))
    [consent] = raw(harness, post)[-1]["attachments"]
    teams = harness.teams
    upload = teams.backend.files.session("stolen.txt")
    value = {
        "type": "fileUpload",
        "action": "accept",
        "context": consent["content"]["acceptContext"],
        "uploadInfo": {
            "uploadUrl": teams.backend.files.upload_url(upload),
            "name": "stolen.txt",
            "uniqueId": upload.id,
        },
    }
    for action in ("accept", "decline"):
        await teams.invoke("personal", "fileConsent/invoke", value | {"action": action}, user="Grace")
        await teams.invoke("Lunch", "fileConsent/invoke", value | {"action": action})
        forged = teams.backend.activities.invoke(
            teams.personal(), teams.grace, "fileConsent/invoke", value | {"action": action}, message=None
        )
        await teams.deliveries.send(forged)
    assert teams.calls_to("upload") == []
    assert (await teams.consent("personal", card)).status == 200
    assert len(teams.calls_to("upload")) == 1


async def test_an_answer_that_is_neither_yes_nor_no_lets_nothing_go(harness: TeamsHarness) -> None:
    post, card = await offered(harness, named("a.txt"))
    [consent] = raw(harness, post)[-1]["attachments"]
    for odd in ({}, {"action": "later"}, {"action": ["decline"]}):
        value = {"type": "fileUpload", "context": consent["content"]["acceptContext"], **odd}
        assert (await harness.teams.invoke("personal", "fileConsent/invoke", value, message_id=card)).status == 200
    assert (await harness.teams.consent("personal", card)).status == 200
    assert [each["contentType"] for each in raw(harness, post)[-1]["attachments"]] == [FILE]


@pytest.mark.parametrize(
    "name", ["Costs 9:15 <draft>?.txt", "a/b\\c.txt", " lead.txt", "aux.txt", "~$x.txt", "end.txt."]
)
async def test_consent_is_asked_for_a_name_that_onedrive_takes(harness: TeamsHarness, name: str) -> None:
    post, card = await offered(harness, named(name))
    [consent] = raw(harness, post)[-1]["attachments"]
    assert consent["content"]["description"] == name
    assert (await harness.teams.consent("personal", card)).status == 200
    [shown] = raw(harness, post)[-1]["attachments"]
    assert (shown["contentType"], shown["name"]) == (FILE, onedrive_name(name))


def invoked_at(harness: TeamsHarness) -> str:
    return next(
        id for id, found in reversed(harness.teams.deliveries.log.items()) if found[-1].activity["type"] == "invoke"
    )


# -- files in


async def test_a_pasted_picture_is_read_as_the_bot_and_a_file_without_any_token(harness: TeamsHarness) -> None:
    said = await harness.teams.say("personal", "see", images=[Upload("cat.png", b"\x89PNG", "image/png")])
    await harness.teams.delivered(said)
    event = await harness.heard(MessageCreated)
    [file] = event.files
    assert (event.text, file.mime, file.name) == ("see", "image/png", "image.png")
    assert await harness.collect(file) == b"\x89PNG"
    stolen = replace(file, extra={"service": file.extra["service"]})
    with pytest.raises(Gone):  # without the token it cannot be had
        await harness.collect(stolen)
    with pytest.raises(TooLarge):
        await harness.collect(file, limit=3)


async def test_a_message_that_names_another_address_of_the_connector_has_nothing_read_there_as_the_bot(
    harness: TeamsHarness,
) -> None:
    said = await harness.teams.say("personal", "see", images=[Upload("cat.png", b"\x89PNG", "image/png")])
    await harness.teams.delivered(said)
    [file] = (await harness.heard(MessageCreated)).files
    assert file.url is not None
    here = file.url.partition("v3/")[0]
    members = f"conversations/{harness.teams.general.id}/members"
    for path in (members, f"attachments/../{members}", f"attachments/%2e%2e/{members}"):
        with pytest.raises(Gone):
            await harness.collect(replace(file, url=f"{here}v3/{path}"))


def test_only_onedrive_and_the_connectors_attachments_are_asked_for_files() -> None:
    service = "https://smba.trafficmanager.net/amer/72f988bf/"
    assert of_connector(f"{service}v3/attachments/0-eus-d1/views/original", service, local=False)
    for url in (
        f"{service}v3/conversations/19:x/members",
        f"{service}v3/conversations/19:x/members/%2Fattachments%2F",
        f"{service}v3/attachments/..%2Fconversations/19:x/members",
        f"{service}v3/attachments/..;/conversations/19:x/members",
        "https://evil.example/v3/attachments/1/views/original",
        "http://smba.trafficmanager.net/v3/attachments/1/views/original",
        "https://smba.trafficmanager.net:8443/v3/attachments/1/views/original",
        "https://[torn",
    ):
        assert not of_connector(url, service, local=False), url
    assert not of_connector(f"{service}v3/attachments/1/views/original", "", local=False)
    assert of_onedrive("https://contoso-my.sharepoint.com/personal/_layouts/15/download.aspx?x=1", local=False)
    for url in ("https://10.0.0.1/x", "https://sharepoint.com.evil.example/x", "http://a.sharepoint.com/x", "https:/x"):
        assert not of_onedrive(url, local=False), url
    assert not of_onedrive("http://127.0.0.1/x", local=False)


async def test_a_link_that_ended_and_a_file_without_one_say_what_to_do(harness: TeamsHarness) -> None:
    post = await harness.world.dm("see", files=[])
    event = await harness.take(post)
    assert event.files == ()
    said = await harness.teams.say("personal", files=[Upload("a.txt", b"x")])
    await harness.teams.delivered(said)
    [file] = (await harness.heard(MessageCreated)).files
    harness.teams.fail_next("download", status=404)
    with pytest.raises(Gone, match="send it again"):
        await harness.collect(file)
    with pytest.raises(Unsupported, match="personal chat"):
        await harness.collect(replace(file, url=None))


# -- what is written


async def test_a_reply_in_a_chat_says_what_it_replies_to(harness: TeamsHarness) -> None:
    _, ref = await harness.dm()
    sent = await harness.adapter.send(ref, Outgoing(text="The limit is <42> an hour"), key="k")
    said = await harness.teams.say("personal", "and a  day?", quote=sent.id)
    await harness.teams.delivered(said)
    event = await harness.heard(MessageCreated)
    assert event.text == "and a  day?"
    [reference] = event.references
    assert (reference.kind, reference.message_id, reference.author) == ("reply", sent.id, "gateway")
    assert "42" in reference.text


# -- coming and going


async def test_being_installed_for_a_person_opens_their_chat_and_being_removed_ends_it(harness: TeamsHarness) -> None:
    await harness.world.open_dm()
    started = await harness.heard(ConversationStarted)
    assert (started.ref.kind, started.user.id) == ("dm", harness.world.user("Ada").id)
    await harness.teams.settled()
    await harness.teams.uninstall("personal")
    ended = await harness.heard(ConversationEnded)
    assert (ended.ref, ended.reason) == (started.ref, "removed")


async def test_in_teams_and_group_chats_nobody_is_greeted_unasked(harness: TeamsHarness) -> None:
    for place in ("Lunch", "General"):
        await harness.teams.uninstall(place)
        assert (await harness.heard(ConversationEnded)).ref.thread is None
        await harness.teams.install(place)
        await harness.teams.settled()
    assert not any(isinstance(event, ConversationStarted) for event in harness.events)
    await harness.teams.remove_member("Lunch", "Linus")
    await harness.teams.settled()
    assert harness.adapter.ignored["not_the_bot"] > 0


async def test_a_deleted_channel_ends_what_was_said_in_it(harness: TeamsHarness) -> None:
    said = await harness.teams.say("Random", "@gateway hello")
    await harness.teams.delivered(said)
    ref = (await harness.heard(MessageCreated)).ref
    await harness.teams.delete_channel("Random")
    ended = await harness.heard(ConversationEnded)
    assert (ended.ref.channel, ended.ref.thread) == (ref.channel, None)


@pytest.mark.parametrize("how", ["removed", "deleted"])
async def test_with_the_team_all_channels_end_that_the_bot_was_heard_of_in(harness: TeamsHarness, how: str) -> None:
    """Teams tells of it once, in General."""
    for place in ("General", "Random"):
        await harness.teams.delivered(await harness.teams.say(place, "@gateway hello"))
    harness.teams.add_channel("Never heard of")
    await (harness.teams.delete_team() if how == "deleted" else harness.teams.uninstall("General"))
    await harness.teams.settled()
    ended = [event for event in harness.events if isinstance(event, ConversationEnded)]
    expected = {harness.teams.general.id, harness.teams.random.id}
    assert {event.ref.channel for event in ended} == expected
    assert {event.ref.thread for event in ended} == {None}
    assert {event.ref.kind for event in ended} == {"group"}


async def test_a_thread_ends_with_the_post_it_began_with(harness: TeamsHarness) -> None:
    post, ref = await harness.mention()
    reply = await harness.world.reply(post, "@gateway and this?", mention=True)
    await harness.take(reply)
    await harness.teams.delete_message("General", reply.id)
    deleted = await harness.heard(MessageDeleted)
    assert (deleted.ref, deleted.message_id) == (ref, reply.id)
    await harness.teams.delete_message("General", post.id)
    ended = await harness.heard(ConversationEnded)
    assert (ended.ref, ended.reason) == (ref, "deleted")


async def test_group_chats_are_one_conversation_and_an_undeleted_message_is_an_edit(harness: TeamsHarness) -> None:
    said = await harness.teams.say("Lunch", "@gateway hungry?", user="Grace")
    await harness.teams.delivered(said)
    event = await harness.heard(MessageCreated)
    assert (event.text, event.ref.kind, event.ref.thread, event.addressed) == ("hungry?", "group", None, True)
    await harness.teams.delete_message("Lunch", said, user="Grace")
    await harness.teams.undelete("Lunch", said, user="Grace")
    edited = await harness.heard(MessageEdited)
    assert (edited.message_id, edited.text, edited.ref) == (said, "hungry?", event.ref)
    sent = await harness.adapter.send(event.ref, Outgoing(text="yes"), key="k")
    assert harness.teams.message("Lunch", sent.id) is not None


async def test_a_user_who_types_like_sends_a_message(harness: TeamsHarness) -> None:
    post, _ = await harness.dm("like")
    [envelope] = harness.envelopes
    assert isinstance(harness.adapter.parse(envelope), MessageCreated)
    assert envelope.key.endswith(f":{post.id}")


def test_json_of_the_answers_is_plain() -> None:
    """The dialog carries the form as JSON that any client can hold and give back."""
    from adapters.teams.forms import dialog, form_in

    shown: dict[str, Any] = orjson.loads(orjson.dumps(dialog(FORM)))
    [submit] = shown["task"]["value"]["card"]["content"]["actions"]
    assert form_in(submit["data"]) == FORM
