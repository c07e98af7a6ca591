"""The page's side: snapshot, actions, changes."""

import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from gateway.emulators.teams.emulator import TeamsEmulator
from tests.emulators.teams.bot import JSON, Api, Bot, card, execute, submit, text_block
from tests.emulators.teams.test_interactions import answers, dialog


async def until(watching: AsyncIterator[Mapping[str, Any]], **wanted: Any) -> Mapping[str, Any]:
    async for entry in watching:
        if all(entry.get(name) == value for name, value in wanted.items()):
            return entry
    raise AssertionError("nobody watches any more")


async def test_the_snapshot_shows_where_ada_is(emulator: TeamsEmulator) -> None:
    snapshot = emulator.snapshot()
    assert snapshot["platform"] == "teams"
    assert snapshot["me"] == emulator.ada.id
    assert snapshot["bot"] == {"id": emulator.world.bot_id, "name": "gateway"}
    shown = [(c["kind"], c["name"], c["installed"]) for c in snapshot["conversations"]]
    assert shown == [
        ("personal", "gateway", True),
        ("groupChat", "Lunch", True),
        ("channel", "General", True),
        ("channel", "Random", True),
    ]
    assert [u["given_name"] for u in snapshot["users"]] == ["Ada", "Grace", "Linus"]
    assert set(snapshot["messages"]) == {c["id"] for c in snapshot["conversations"]}


async def test_saying_editing_reacting_and_deleting(emulator: TeamsEmulator, bot: Bot) -> None:
    file = {"name": "a.txt", "mime": "text/plain", "data": base64.b64encode(b"abc").decode()}
    said = await emulator.act({"type": "say", "text": "hi", "files": [file]})
    assert said["ok"]
    where: JSON = {"conversation": emulator.personal().id, "message": said["id"]}
    assert await emulator.act({"type": "edit", "text": "hello", **where}) == {"ok": True}
    assert await emulator.act({"type": "react", "reaction": "like", **where}) == {"ok": True}
    (shown,) = emulator.snapshot()["messages"][emulator.personal().id]
    assert (shown["text"], shown["edited"], shown["bot"]) == ("hello", True, False)
    assert shown["reactions"] == [{"type": "like", "users": [emulator.ada.id]}]
    assert [a["name"] for a in shown["attachments"]] == ["a.txt"]
    assert await emulator.act({"type": "delete", **where}) == {"ok": True}
    (shown,) = emulator.snapshot()["messages"][emulator.personal().id]
    assert shown["deleted"]
    assert "text" not in shown
    assert await emulator.act({"type": "undelete", **where}) == {"ok": True}
    reply = await emulator.act({"type": "say", "conversation": emulator.general.id, "text": "post", "user": "Grace"})
    below = {"type": "say", "conversation": emulator.general.id, "text": "re", "thread": reply["id"]}
    assert (await emulator.act(below))["ok"]
    threads = [m["thread"] for m in emulator.snapshot()["messages"][emulator.general.id]]
    assert threads == [None, reply["id"]]


async def test_clicking_choosing_and_judging(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    chat = emulator.personal().id
    required = {"type": "Input.Text", "id": "name", "isRequired": True}
    _, sent = await api.send(
        chat,
        attachments=[card(required, actions=(submit("Send"),)), card(text_block(), actions=(execute("Run"),))],
        suggestedActions={"actions": [{"type": "imBack", "title": "More", "value": "more"}]},
        channelData={"feedbackLoop": {"type": "default"}},
    )
    where: JSON = {"conversation": chat, "message": sent["id"]}
    refused = await emulator.act({"type": "click", "title": "Send", **where})
    assert refused == {
        "ok": False,
        "error": "some inputs are not valid",
        "errors": {"name": "This field is required"},
    }
    assert (await emulator.act({"type": "click", "action": submit("Send"), "inputs": {"name": "A"}, **where}))["ok"]
    answers(bot, {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Done"})
    assert await emulator.act({"type": "click", "title": "Run", **where}) == {
        "ok": True,
        "status": 200,
        "message": "Done",
    }
    answers(bot, {})
    assert (await emulator.act({"type": "feedback", "reaction": "like", "comment": "so good", **where}))["ok"]
    (shown,) = emulator.snapshot()["messages"][chat]
    assert (shown["feedback"], shown["verdict"]) == ("default", "like")
    assert shown["suggested"] == [{"type": "imBack", "title": "More", "value": "more"}]
    assert (await emulator.act({"type": "choose", "title": "More", **where}))["ok"]
    answers(bot, {}, 500)
    assert (await emulator.act({"type": "click", "title": "Run", **where}))["error"].startswith("Something went wrong")


async def test_the_page_sees_what_ada_sees(emulator: TeamsEmulator, api: Api) -> None:
    watching = emulator.watch()
    await emulator.say("personal", "a secret", user="Grace")
    path = f"conversations/{emulator.group.id}/activities?isTargetedActivity=true"
    await api.call("POST", path, {"type": "message", "text": "psst", "recipient": {"id": emulator.grace.id}})
    await emulator.say("Lunch", "for all", user="Grace")
    assert (await until(watching, entity="message"))["message"]["text"] == "for all"


async def test_dialogs_on_the_page(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    chat = emulator.personal().id
    fetch = submit("Open", msteams={"type": "task/fetch"})
    _, sent = await api.send(chat, attachments=[card(text_block(), actions=(fetch,))])
    answers(bot, dialog({"type": "Input.Text", "id": "name"}))
    watching = emulator.watch()
    opened = await emulator.act({"type": "click", "conversation": chat, "message": sent["id"], "title": "Open"})
    entry = await until(watching, entity="dialog")
    assert (entry["dialog_id"], entry["dialog"]["title"]) == (opened["dialog"], "Form")
    assert [d["id"] for d in emulator.snapshot()["dialogs"]] == [opened["dialog"]]
    bot.answer = lambda _: None
    submitted = {"type": "submit_dialog", "dialog": opened["dialog"], "inputs": {"name": "A"}}
    assert (await emulator.act(submitted))["ok"]
    assert (await until(watching, entity="dialog"))["dialog"] is None
    assert (await emulator.act({"type": "close_dialog", "dialog": opened["dialog"]}))["ok"]


async def test_streams_and_typing_on_the_page(emulator: TeamsEmulator, api: Api) -> None:
    chat = emulator.personal().id
    watching = emulator.watch()
    await api.call("POST", f"conversations/{chat}/activities", {"type": "typing"})
    assert (await until(watching, entity="typing"))["typing"] is True
    assert emulator.snapshot()["typing"] == [chat]
    await api.stream(chat, "A brown", 1)
    assert (await until(watching, entity="message"))["message"]["streaming"] == "streaming"
    assert (await emulator.act({"type": "stop"}))["ok"]
    shown = (await until(watching, entity="message"))["message"]
    assert (shown["streaming"], shown["stopped"]) == (None, True)
    assert not (await emulator.act({"type": "stop"}))["ok"]


async def test_files_on_the_page(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    chat = emulator.personal().id
    consent = {
        "contentType": "application/vnd.microsoft.teams.card.file.consent",
        "name": "a.txt",
        "content": {"sizeInBytes": 1},
    }
    _, sent = await api.send(chat, attachments=[consent])
    (shown,) = emulator.snapshot()["messages"][chat][0]["attachments"]
    assert shown["state"] == "open"
    given = {"type": "consent", "conversation": chat, "message": sent["id"], "accept": True}
    assert (await emulator.act(given))["ok"]
    (shown,) = emulator.snapshot()["messages"][chat][0]["attachments"]
    assert shown["state"] == "accepted"
    picture = {"name": "p.png", "mime": "image/png", "data": base64.b64encode(b"png").decode()}
    await emulator.act({"type": "say", "conversation": chat, "images": [picture]})
    (shown,) = emulator.snapshot()["messages"][chat][1]["attachments"]
    async with api.http.get(shown["url"]) as answer:
        assert (answer.status, await answer.read()) == (200, b"png")


async def test_a_file_of_a_group_chat_is_seen_by_people_but_not_given_to_the_bot(
    emulator: TeamsEmulator, bot: Bot
) -> None:
    file = {"name": "a.txt", "mime": "text/plain", "data": base64.b64encode(b"words").decode()}
    here = {"conversation": emulator.group.id, "text": "@gateway see", "files": [file]}
    said = await emulator.act({"type": "say", **here})
    await emulator.delivered(said["id"])
    (shown,) = emulator.snapshot()["messages"][emulator.group.id][0]["attachments"]
    assert (shown["name"], shown["size"], shown["type"].endswith("file.download.info")) == ("a.txt", 5, True)
    assert [each["contentType"] for each in bot.last["attachments"]] == ["text/html"]


async def test_who_is_where_on_the_page(emulator: TeamsEmulator, bot: Bot) -> None:
    watching = emulator.watch()
    assert (await emulator.act({"type": "uninstall", "conversation": emulator.group.id}))["ok"]
    assert (await until(watching, entity="conversation"))["conversation"]["installed"] is False
    assert (await emulator.act({"type": "install", "conversation": emulator.group.id}))["ok"]
    left = {"type": "remove_member", "conversation": emulator.group.id, "member": emulator.linus.id}
    assert (await emulator.act(left))["ok"]
    assert (await emulator.act({**left, "type": "add_member"}))["ok"]
    await emulator.delete_channel("Random")
    entry = await until(watching, entity="conversation", conversation={**entry_of(emulator), "removed": True})
    assert entry["conversation"]["name"] == "Random"


def entry_of(emulator: TeamsEmulator) -> JSON:
    return {
        "id": emulator.random.id,
        "kind": "channel",
        "name": "Random",
        "user": None,
        "team": emulator.team.id,
        "installed": True,
        "members": [emulator.ada.id, emulator.grace.id, emulator.linus.id],
    }


@pytest.mark.parametrize(
    "action",
    [
        {"type": "say", "text": ""},
        {"type": "say", "text": "x", "conversation": "nowhere"},
        {"type": "say", "text": "x", "user": "Nobody"},
        {"type": "say", "text": "x", "files": [{"name": "a", "data": "?"}]},
        {"type": "say", "text": "x", "files": [{}]},
        {"type": "dance"},
        {"type": "edit", "message": "1", "text": "x"},
        {"type": "click", "message": "1"},
        {"type": "close_dialog"},
        {"type": "install"},
        {},
    ],
)
async def test_what_cannot_be_done_is_said(emulator: TeamsEmulator, action: JSON) -> None:
    answer = await emulator.act(action)
    assert answer["ok"] is False
    assert answer["error"]


async def test_the_wire_is_shown_both_ways_without_secrets(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    watching = emulator.watch()
    await api.sign_in()
    entry = await until(watching, direction="from_bot", name="token")
    assert emulator.password not in str(entry)
    assert api.token not in str(entry)
    assert entry["response"]["access_token"] == "[redacted]"
    await emulator.delivered(await emulator.say("personal", "hello"))
    entry = await until(watching, direction="to_bot", name="message")
    assert (entry["status"], entry["request"]["text"]) == (200, "hello")
    await api.send(emulator.personal().id, "hi")
    entry = await until(watching, direction="from_bot", name="send")
    assert (entry["status"], entry["request"]["activity"]["text"]) == (201, "hi")
    assert entry["response"]["id"]


async def test_a_picture_of_more_than_a_page(
    emulator: TeamsEmulator, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.emulators.teams.emulator.MAX_SHOWN", 3)
    for number in range(5):
        await api.send(emulator.personal().id, str(number))
    shown = emulator.snapshot()["messages"][emulator.personal().id]
    assert [m["text"] for m in shown] == ["2", "3", "4"]
