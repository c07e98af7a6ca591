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
from tests.teams.house import TeamsHouse
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


async def asked(house: TeamsHouse, *, channel: bool = False, opens_form: bool = False) -> tuple[Post, str]:
    """A message with a button; its place and id."""
    post, ref = await (house.mention() if channel else house.dm())
    button = Button(token="t", label="Go", opens_form=opens_form)
    return post, (await house.adapter.send(ref, Outgoing(text="pick", buttons=(button,)), key="k")).id


@pytest.mark.parametrize("channel", [False, True])
async def test_a_click_is_executed_in_place(house: TeamsHouse, channel: bool) -> None:
    post, message = await asked(house, channel=channel)
    result = await house.teams.click(post.place.channel, message, "Go")
    assert result.body == {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": ""}
    event = await house.heard(ActionInvoked)
    assert (event.token, event.message_id, event.ref.thread) == ("t", message, post.place.thread)
    house.answer = lambda event: Notice(text="not yours")
    assert (await house.teams.click(post.place.channel, message, "Go")).message == "not yours"


async def test_an_old_clients_click_comes_as_a_message_and_is_the_same(house: TeamsHouse) -> None:
    post, message = await asked(house)
    [card] = (each["content"] for each in raw(house, post)[-1]["attachments"])
    fallback = card["body"][-1]["actions"][0]["fallback"]
    delivery = await house.teams.emit({"type": "message", "id": "9", "value": fallback["data"], "replyToId": message})
    assert (delivery.status, delivery.body) == (200, None)
    event = await house.heard(ActionInvoked)
    assert (event.token, event.message_id) == ("t", message)


async def test_a_form_is_shown_comes_back_typed_and_is_shown_again_with_what_is_wrong(house: TeamsHouse) -> None:
    post, message = await asked(house, opens_form=True)
    house.answer = lambda event: OpenForm(form=FORM)
    clicked = await house.teams.click(post.place.channel, message, "Go")
    [dialog] = house.teams.open_dialogs()
    assert clicked.dialog == dialog.id and len(dialog.title) == 64 and dialog.title.endswith("…")
    house.answer = lambda event: FormErrors(errors={"why": "*More* please", "": "All of it is wrong"})
    entered = {"gw:why": "x, y", "gw:all": ["A", "B"], "gw:many": "2.5", "gw:sure": False}
    await house.teams.submit_dialog(dialog.id, entered)
    event = await house.heard(FormSubmitted)
    assert event.token == "form"
    assert event.values == {"why": "x, y", "all": ("a,b", "50%"), "many": 2.5, "sure": False}
    [again] = house.teams.open_dialogs()
    assert again.card is not None
    body = again.card["body"]
    assert [each["text"] for each in body if each["type"] == "TextBlock"] == [
        "All of it is wrong",
        "\\*More\\* please",
    ]
    kept = {each["id"]: each.get("value") for each in body if "id" in each}
    assert kept == {"gw:why": "x, y", "gw:all": "a%2Cb,50%25", "gw:many": 2.5, "gw:sure": "false"}
    house.answer = lambda event: None
    done = await house.teams.submit_dialog(again.id, {})
    assert (done.status, done.body, house.teams.open_dialogs()) == (200, None, [])


async def test_a_dialog_with_nothing_to_show_says_so_and_closes(house: TeamsHouse) -> None:
    post, message = await asked(house, opens_form=True)
    assert (await house.teams.click(post.place.channel, message, "Go")).message == "Done."
    house.answer = lambda event: Notice(text="not now")
    assert (await house.teams.click(post.place.channel, message, "Go")).message == "not now"
    assert house.teams.open_dialogs() == []


@pytest.mark.parametrize("name", ["signin/verifyState", "composeExtension/query", "suggestedActions/submit", "new/one"])
async def test_an_invoke_of_any_name_is_acknowledged_and_goes_no_further(house: TeamsHouse, name: str) -> None:
    result = await house.teams.invoke("personal", name, {"a": 1})
    assert (result.status, result.body, house.attempts) == (200, {}, 0)
    assert house.adapter.ignored["unknown_invoke"] == 1


async def test_cards_of_others_are_no_business_of_ours(house: TeamsHouse) -> None:
    for name, value in (
        ("adaptiveCard/action", {"action": {"type": "Action.Execute", "verb": "x", "data": {"a": 1}}}),
        ("task/fetch", {"data": {"gw_action": 7}}),
        ("task/submit", {"data": {"gw_form": "x"}}),
        ("fileConsent/invoke", {"action": "accept", "context": {"file": "1"}}),
    ):
        assert (await house.teams.invoke("personal", name, value)).status == 200
    assert house.attempts == 0


async def test_thumbs_bring_the_comment_along_and_are_answered_with_nothing(house: TeamsHouse) -> None:
    post, ref = await house.dm()
    sent = await house.adapter.send(ref, Outgoing(text="answer", feedback="m"), key="k")
    result = await house.teams.feedback(post.place.channel, sent.id, "dislike", "  too short ")
    assert (result.status, result.body) == (200, {})
    event = await house.heard(FeedbackGiven)
    assert (event.value, event.comment, event.message_id, event.token) == (0, "too short", sent.id, "")
    await house.teams.feedback(post.place.channel, sent.id, "like")
    assert (await house.heard(FeedbackGiven)).comment == ""
    given = {"actionName": "feedback", "actionValue": {"reaction": "like", "feedback": {"feedbackText": "nice"}}}
    await house.teams.invoke("personal", "message/submitAction", given, message_id=sent.id)
    assert (await house.heard(FeedbackGiven)).comment == "nice"


# -- files out


def named(name: str, data: bytes = b"bytes") -> OutgoingFile:
    return OutgoingFile(name=name, source=FromBytes(data=data))


async def offered(house: TeamsHouse, file: OutgoingFile) -> tuple[Post, str]:
    """A file waiting for consent; the id of its card."""
    post, ref = await house.dm()
    receipt = await house.adapter.send(ref, Outgoing(files=(file,)), key="k")
    return post, receipt.id


async def test_a_file_is_uploaded_in_fragments_and_shown_once_it_was_agreed_to(
    house: TeamsHouse, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 24_000  # more than one fragment
    path = tmp_path / "big.bin"
    path.write_bytes(data)
    post, card = await offered(house, OutgoingFile(name="ä b.bin", source=FromPath(path=path)))
    [consent] = raw(house, post)[-1]["attachments"]
    assert (consent["contentType"], consent["content"]["sizeInBytes"]) == (CONSENT, len(data))
    path.unlink()  # it is held until it is wanted
    assert (await house.teams.consent("personal", card)).status == 200
    ranges = [call.args["content_range"] for call in house.teams.calls_to("upload")]
    assert ranges == [f"bytes 0-5242879/{len(data)}", f"bytes 5242880-{len(data) - 1}/{len(data)}"]
    [message] = raw(house, post)
    [shown] = message["attachments"]
    assert (shown["contentType"], shown["name"]) == (FILE, "ä b.bin")
    stored = house.teams.backend.files.find(shown["content"]["uniqueId"])
    assert stored is not None and stored.content == data


async def test_a_declined_file_is_let_go(house: TeamsHouse) -> None:
    post, card = await offered(house, named("a_b.txt"))
    assert (await house.teams.consent("personal", card, accept=False)).status == 200
    [message] = raw(house, post)
    assert message["text"] == "a\\_b.txt: declined."
    assert house.teams.calls_to("upload") == []
    assert (await house.teams.redeliver(_invoked(house))).status == 200


async def test_an_upload_that_failed_can_be_tried_again_and_a_second_press_changes_nothing(house: TeamsHouse) -> None:
    post, card = await offered(house, named("a.txt"))
    house.teams.fail_next("upload", status=503)
    failed = await house.teams.consent("personal", card)
    assert failed.status == 502 and failed.error
    with house.teams.hold("upload") as hold:
        first = asyncio.create_task(house.teams.consent("personal", card))
        await hold.reached()
        second = asyncio.create_task(house.teams.redeliver(_invoked(house)))
        hold.release()
        assert [(await each).status for each in (first, second)] == [200, 200]
    assert (await house.teams.redeliver(_invoked(house))).status == 200
    assert [message["attachments"][0]["contentType"] for message in raw(house, post)] == [FILE]
    house.teams.interaction_errors.clear()


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/upload", "https://sharepoint.com.evil.example/", "http://169.254.169.254/", "ftp://x/", ""],
)
async def test_bytes_go_to_onedrive_only(house: TeamsHouse, url: str) -> None:
    post, card = await offered(house, named("secret.txt"))
    [consent] = raw(house, post)[-1]["attachments"]
    value = {
        "type": "fileUpload",
        "action": "accept",
        "context": consent["content"]["acceptContext"],
        "uploadInfo": {"uploadUrl": url, "name": "secret.txt", "uniqueId": "1"},
    }
    assert (await house.teams.invoke("personal", "fileConsent/invoke", value, message_id=card)).status == 502
    assert (await house.teams.consent("personal", card)).status == 200  # nothing was lost by it


async def test_a_file_that_is_no_longer_held_is_said_to_be_gone(house: TeamsHouse) -> None:
    post, card = await offered(house, named("a.txt"))
    [consent] = raw(house, post)[-1]["attachments"]
    value = {"type": "fileUpload", "action": "accept", "context": {"gw_file": "0" * 32}, "uploadInfo": {}}
    assert consent["content"]["acceptContext"] != value["context"]
    assert (await house.teams.invoke("personal", "fileConsent/invoke", value, message_id=card)).status == 200
    assert "ask for it again" in raw(house, post)[-1]["text"]


@pytest.mark.parametrize("how", [{"retry_after": 0}, {"status": 503}, {"status": 412}, {"status": "disconnect"}])
@pytest.mark.parametrize("answer", ["accept", "decline"])
async def test_an_answer_to_a_file_is_taken_although_the_message_about_it_has_to_be_sent_twice(
    house: TeamsHouse, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], answer: str
) -> None:
    monkeypatch.setattr("adapters.teams.patience.random.uniform", lambda *_: 0.0)
    monkeypatch.setattr("adapters.teams.errors.random.uniform", lambda *_: 0.0)
    post, card = await offered(house, named("a.txt"))
    for method in ("send", "update", "delete"):
        house.teams.fail_next(method, **how)
    assert (await house.teams.consent("personal", card, accept=answer == "accept")).status == 200
    [message] = raw(house, post)
    if answer == "accept":
        assert [each["contentType"] for each in message["attachments"]] == [FILE]
        assert len(house.teams.calls_to("upload")) == 1
    else:
        assert message["text"] == "a.txt: declined."


async def test_an_upload_stays_done_although_no_message_about_it_can_be_sent(
    house: TeamsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.teams.patience.random.uniform", lambda *_: 0.0)
    _, card = await offered(house, named("a.txt"))
    house.teams.fail_next("send", status=403, times=100)
    assert (await house.teams.consent("personal", card)).status == 200
    assert (await house.teams.redeliver(_invoked(house))).status == 200
    assert len(house.teams.calls_to("upload")) == 1


async def test_a_message_about_a_file_that_may_be_there_is_sent_once_more_and_no_more(
    house: TeamsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.teams.patience.random.uniform", lambda *_: 0.0)
    post, card = await offered(house, named("a.txt"))
    house.teams.fail_next("send", status=504, after_effect=True, times=100)
    assert (await house.teams.consent("personal", card)).status == 200
    shown = [each["contentType"] for message in raw(house, post) for each in message["attachments"]]
    assert shown == [CONSENT, FILE, FILE]


async def test_a_file_is_given_to_whom_it_was_offered_and_nobody_else(house: TeamsHouse) -> None:
    """What an answer says of the file is the client's to write: not the chat, nor the person, can be made up."""
    post, card = await offered(house, named("salaries.txt"))
    [consent] = raw(house, post)[-1]["attachments"]
    teams = house.teams
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


async def test_an_answer_that_is_neither_yes_nor_no_lets_nothing_go(house: TeamsHouse) -> None:
    post, card = await offered(house, named("a.txt"))
    [consent] = raw(house, post)[-1]["attachments"]
    for odd in ({}, {"action": "later"}, {"action": ["decline"]}):
        value = {"type": "fileUpload", "context": consent["content"]["acceptContext"], **odd}
        assert (await house.teams.invoke("personal", "fileConsent/invoke", value, message_id=card)).status == 200
    assert (await house.teams.consent("personal", card)).status == 200
    assert [each["contentType"] for each in raw(house, post)[-1]["attachments"]] == [FILE]


@pytest.mark.parametrize(
    "name", ["Costs 9:15 <draft>?.txt", "a/b\\c.txt", " lead.txt", "aux.txt", "~$x.txt", "end.txt."]
)
async def test_consent_is_asked_for_a_name_that_onedrive_takes(house: TeamsHouse, name: str) -> None:
    post, card = await offered(house, named(name))
    [consent] = raw(house, post)[-1]["attachments"]
    assert consent["content"]["description"] == name
    assert (await house.teams.consent("personal", card)).status == 200
    [shown] = raw(house, post)[-1]["attachments"]
    assert (shown["contentType"], shown["name"]) == (FILE, onedrive_name(name))


def _invoked(house: TeamsHouse) -> str:
    return next(
        id for id, found in reversed(house.teams.deliveries.log.items()) if found[-1].activity["type"] == "invoke"
    )


# -- files in


async def test_a_pasted_picture_is_read_as_the_bot_and_a_file_without_any_token(house: TeamsHouse) -> None:
    said = await house.teams.say("personal", "see", images=[Upload("cat.png", b"\x89PNG", "image/png")])
    await house.teams.delivered(said)
    event = await house.heard(MessageCreated)
    [file] = event.files
    assert (event.text, file.mime, file.name) == ("see", "image/png", "image.png")
    assert await house.collect(file) == b"\x89PNG"
    stolen = replace(file, extra={"service": file.extra["service"]})
    with pytest.raises(Gone):  # without the token it cannot be had
        await house.collect(stolen)
    with pytest.raises(TooLarge):
        await house.collect(file, limit=3)


async def test_a_message_that_names_another_address_of_the_connector_has_nothing_read_there_as_the_bot(
    house: TeamsHouse,
) -> None:
    said = await house.teams.say("personal", "see", images=[Upload("cat.png", b"\x89PNG", "image/png")])
    await house.teams.delivered(said)
    [file] = (await house.heard(MessageCreated)).files
    assert file.url is not None
    here = file.url.partition("v3/")[0]
    members = f"conversations/{house.teams.general.id}/members"
    for path in (members, f"attachments/../{members}", f"attachments/%2e%2e/{members}"):
        with pytest.raises(Gone):
            await house.collect(replace(file, url=f"{here}v3/{path}"))


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


async def test_a_link_that_ended_and_a_file_without_one_say_what_to_do(house: TeamsHouse) -> None:
    post = await house.world.dm("see", files=[])
    event = await house.take(post)
    assert event.files == ()
    said = await house.teams.say("personal", files=[Upload("a.txt", b"x")])
    await house.teams.delivered(said)
    [file] = (await house.heard(MessageCreated)).files
    house.teams.fail_next("download", status=404)
    with pytest.raises(Gone, match="send it again"):
        await house.collect(file)
    with pytest.raises(Unsupported, match="personal chat"):
        await house.collect(replace(file, url=None))


# -- what is written


async def test_a_reply_in_a_chat_says_what_it_replies_to(house: TeamsHouse) -> None:
    _, ref = await house.dm()
    sent = await house.adapter.send(ref, Outgoing(text="The limit is <42> an hour"), key="k")
    said = await house.teams.say("personal", "and a  day?", quote=sent.id)
    await house.teams.delivered(said)
    event = await house.heard(MessageCreated)
    assert event.text == "and a  day?"
    [reference] = event.references
    assert (reference.kind, reference.message_id, reference.author) == ("reply", sent.id, "gateway")
    assert "42" in reference.text


# -- coming and going


async def test_being_installed_for_a_person_opens_their_chat_and_being_removed_ends_it(house: TeamsHouse) -> None:
    await house.world.open_dm()
    started = await house.heard(ConversationStarted)
    assert (started.ref.kind, started.user.id) == ("dm", house.world.user("Ada").id)
    await house.teams.settled()
    await house.teams.uninstall("personal")
    ended = await house.heard(ConversationEnded)
    assert (ended.ref, ended.reason) == (started.ref, "removed")


async def test_in_teams_and_group_chats_nobody_is_greeted_unasked(house: TeamsHouse) -> None:
    for place in ("Lunch", "General"):
        await house.teams.uninstall(place)
        assert (await house.heard(ConversationEnded)).ref.thread is None
        await house.teams.install(place)
        await house.teams.settled()
    assert not any(isinstance(event, ConversationStarted) for event in house.events)
    await house.teams.remove_member("Lunch", "Linus")
    await house.teams.settled()
    assert house.adapter.ignored["not_the_bot"] > 0


async def test_a_deleted_channel_ends_what_was_said_in_it(house: TeamsHouse) -> None:
    said = await house.teams.say("Random", "@gateway hello")
    await house.teams.delivered(said)
    ref = (await house.heard(MessageCreated)).ref
    await house.teams.delete_channel("Random")
    ended = await house.heard(ConversationEnded)
    assert (ended.ref.channel, ended.ref.thread) == (ref.channel, None)


@pytest.mark.parametrize("how", ["removed", "deleted"])
async def test_with_the_team_all_channels_end_that_the_bot_was_heard_of_in(house: TeamsHouse, how: str) -> None:
    """Teams tells of it once, in General."""
    for place in ("General", "Random"):
        await house.teams.delivered(await house.teams.say(place, "@gateway hello"))
    house.teams.add_channel("Never heard of")
    await (house.teams.delete_team() if how == "deleted" else house.teams.uninstall("General"))
    await house.teams.settled()
    ended = [event for event in house.events if isinstance(event, ConversationEnded)]
    expected = {house.teams.general.id, house.teams.random.id}
    assert {event.ref.channel for event in ended} == expected
    assert {event.ref.thread for event in ended} == {None}
    assert {event.ref.kind for event in ended} == {"group"}


async def test_a_thread_ends_with_the_post_it_began_with(house: TeamsHouse) -> None:
    post, ref = await house.mention()
    reply = await house.world.reply(post, "@gateway and this?", mention=True)
    await house.take(reply)
    await house.teams.delete_message("General", reply.id)
    deleted = await house.heard(MessageDeleted)
    assert (deleted.ref, deleted.message_id) == (ref, reply.id)
    await house.teams.delete_message("General", post.id)
    ended = await house.heard(ConversationEnded)
    assert (ended.ref, ended.reason) == (ref, "deleted")


async def test_group_chats_are_one_conversation_and_an_undeleted_message_is_an_edit(house: TeamsHouse) -> None:
    said = await house.teams.say("Lunch", "@gateway hungry?", user="Grace")
    await house.teams.delivered(said)
    event = await house.heard(MessageCreated)
    assert (event.text, event.ref.kind, event.ref.thread, event.addressed) == ("hungry?", "group", None, True)
    await house.teams.delete_message("Lunch", said, user="Grace")
    await house.teams.undelete("Lunch", said, user="Grace")
    edited = await house.heard(MessageEdited)
    assert (edited.message_id, edited.text, edited.ref) == (said, "hungry?", event.ref)
    sent = await house.adapter.send(event.ref, Outgoing(text="yes"), key="k")
    assert house.teams.message("Lunch", sent.id) is not None


async def test_a_user_who_types_like_sends_a_message(house: TeamsHouse) -> None:
    post, _ = await house.dm("like")
    [envelope] = house.envelopes
    assert isinstance(house.adapter.parse(envelope), MessageCreated)
    assert envelope.key.endswith(f":{post.id}")


def test_json_of_the_answers_is_plain() -> None:
    """The dialog carries the form as JSON that any client can hold and give back."""
    from adapters.teams.forms import dialog, form_in

    shown: dict[str, Any] = orjson.loads(orjson.dumps(dialog(FORM)))
    [submit] = shown["task"]["value"]["card"]["content"]["actions"]
    assert form_in(submit["data"]) == FORM
