"""What the bot is told: messages, edits, deletions, reactions, and who came or went."""

from typing import Any

import pytest
from aiohttp import web

from gateway.emulators.teams.emulator import DeliveryFailed, PersonError, TeamsEmulator, Upload
from tests.emulators.teams.bot import Api, Bot

PNG = b"\x89PNG picture"


async def test_a_personal_message_arrives_and_is_answered(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    said = await emulator.say("personal", "hello")
    await emulator.delivered(said)
    activity = bot.last
    assert (activity["type"], activity["id"], activity["text"]) == ("message", said, "hello")
    assert activity["channelId"] == "msteams"
    assert activity["from"] == emulator.ada.account()
    assert activity["recipient"] == {"id": f"28:{emulator.app_id}", "name": "gateway"}
    assert activity["serviceUrl"] == emulator.world.service_url(emulator.tenant.id)
    conversation = activity["conversation"]
    assert (conversation["conversationType"], conversation["tenantId"]) == ("personal", emulator.tenant.id)
    assert "isGroup" not in conversation
    assert activity["channelData"] == {"tenant": {"id": emulator.tenant.id}}
    assert activity["attachments"] == [{"contentType": "text/html", "content": "<p>hello</p>"}]
    assert [e["type"] for e in activity["entities"]] == ["clientInfo"]
    assert bot.headers[-1]["x-ms-conversation-id"] == conversation["id"]
    assert bot.headers[-1]["x-ms-tenant-id"] == emulator.tenant.id
    status, body = await api.send(conversation["id"], "hi Ada")
    assert status == 201
    assert [m["text"] for m in emulator.messages("personal")] == ["hello", "hi Ada"]
    assert emulator.messages("personal")[1]["id"] == body["id"]


async def test_each_person_has_a_chat_of_their_own(emulator: TeamsEmulator, bot: Bot) -> None:
    for user in ("Ada", "Grace"):
        await emulator.delivered(await emulator.say("personal", "hi", user=user))
    ids = {activity["conversation"]["id"] for activity in bot.activities}
    assert len(ids) == 2
    with pytest.raises(PersonError):
        await emulator.say(emulator.personal("Grace").id, "let me in", user="Ada")


async def test_elsewhere_the_bot_hears_what_mentions_it(emulator: TeamsEmulator, bot: Bot) -> None:
    await emulator.say("Lunch", "not for you, @Grace")
    said = await emulator.say("Lunch", "@gateway ask @grace & wait")
    await emulator.settled()
    assert [a["id"] for a in bot.activities] == [said]
    assert bot.last["text"] == "<at>gateway</at> ask <at>Grace Hopper</at> & wait"
    mentions = [e for e in bot.last["entities"] if e["type"] == "mention"]
    assert [m["mentioned"]["id"] for m in mentions] == [emulator.world.bot_id, emulator.grace.id]
    assert [m["text"] for m in mentions] == ["<at>gateway</at>", "<at>Grace Hopper</at>"]
    shown = bot.last["attachments"][0]["content"]
    assert "&amp; wait" in shown
    assert 'itemid="1">Grace Hopper</span>' in shown
    assert bot.last["conversation"]["conversationType"] == "groupChat"
    assert bot.last["conversation"]["isGroup"] is True


async def test_in_a_personal_chat_an_at_sign_is_just_that(emulator: TeamsEmulator, bot: Bot) -> None:
    await emulator.delivered(await emulator.say("personal", "@gateway and @Ada"))
    assert bot.last["text"] == "@gateway and @Ada"
    assert [e["type"] for e in bot.last["entities"]] == ["clientInfo"]


async def test_a_post_and_its_replies_carry_the_thread(emulator: TeamsEmulator, bot: Bot) -> None:
    post = await emulator.say("General", "@gateway help")
    reply = await emulator.say("General", "@gateway more", thread=post, user="Grace")
    await emulator.settled()
    wanted = f"{emulator.general.id};messageid={post}"
    assert [a["conversation"]["id"] for a in bot.activities] == [wanted, wanted]
    assert bot.activities[1]["replyToId"] == post
    data = bot.activities[1]["channelData"]
    assert (data["team"]["id"], data["channel"]["id"]) == (emulator.team.id, emulator.general.id)
    assert [m["id"] for m in emulator.messages("General", post)] == [post, reply]
    with pytest.raises(PersonError, match="threads"):
        await emulator.say("Lunch", "@gateway x", thread=post)


async def test_with_consent_to_read_the_bot_hears_everything() -> None:
    emulator = TeamsEmulator(rsc=True, answer_timeout=0.1)
    await emulator.start()
    try:
        said = await emulator.say("General", "nobody in particular")
        assert [d.activity["text"] for d in emulator.deliveries.of(said)] == ["nobody in particular"]
    finally:
        await emulator.stop()


async def test_edits_deletions_and_their_undoing(emulator: TeamsEmulator, bot: Bot) -> None:
    said = await emulator.say("personal", "hallo")
    await emulator.edit("personal", said, "hello")
    await emulator.settled()
    await emulator.delete_message("personal", said)
    await emulator.settled()
    await emulator.undelete("personal", said)
    await emulator.settled()
    told = [(a["type"], a["channelData"].get("eventType"), a.get("text")) for a in bot.activities]
    assert told == [
        ("message", None, "hallo"),
        ("messageUpdate", "editMessage", "hello"),
        ("messageDelete", "softDeleteMessage", None),
        ("messageUpdate", "undeleteMessage", "hello"),
    ]
    assert {a["id"] for a in bot.activities} == {said}
    assert emulator.messages("personal")[0]["edited"]
    with pytest.raises(PersonError, match="author"):
        await emulator.edit("Lunch", await emulator.say("Lunch", "mine"), "yours", user="Grace")


async def test_what_never_concerned_the_bot_is_not_told_later(emulator: TeamsEmulator, bot: Bot) -> None:
    said = await emulator.say("Lunch", "among us")
    await emulator.edit("Lunch", said, "still among us")
    await emulator.edit("Lunch", said, "now you too, @gateway")
    await emulator.settled()
    assert bot.kinds() == ["messageUpdate"]


async def test_reactions_to_messages_the_bot_knows(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    chat = emulator.personal()
    _, sent = await api.send(chat.id, "like me")
    await emulator.react("personal", sent["id"], "heart")
    await emulator.settled()
    await emulator.react("personal", sent["id"], "heart", added=False)
    await emulator.settled()
    first, second = bot.activities
    assert (first["type"], first["reactionsAdded"], first["replyToId"]) == (
        "messageReaction",
        [{"type": "heart"}],
        sent["id"],
    )
    assert second["reactionsRemoved"] == [{"type": "heart"}]
    own = await emulator.say("Lunch", "mine")
    await emulator.react("Lunch", own, "like", user="Grace")
    await emulator.settled()
    assert len(bot.activities) == 2
    told = await emulator.say("Lunch", "@gateway look")
    await emulator.delivered(told)
    await emulator.react("Lunch", told, "laugh", user="Grace")
    await emulator.settled()
    assert (bot.last["replyToId"], bot.last["from"]["name"]) == (told, "Grace Hopper")
    with pytest.raises(PersonError, match="no reaction"):
        await emulator.react("Lunch", own, "shrug")


async def test_a_file_in_a_personal_chat_can_be_fetched_once_told(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    said = await emulator.say("personal", "look", files=[Upload("notes.txt", b"read me", "text/plain")])
    await emulator.delivered(said)
    shared = bot.last["attachments"][0]
    assert shared["contentType"] == "application/vnd.microsoft.teams.file.download.info"
    assert (shared["name"], shared["content"]["fileType"]) == ("notes.txt", "txt")
    assert shared["content"]["uniqueId"]
    async with api.http.get(shared["content"]["downloadUrl"]) as answer:
        assert (answer.status, await answer.read()) == (200, b"read me")


async def test_a_download_address_goes_stale(api: Api) -> None:
    emulator = TeamsEmulator(download_seconds=-1.0)
    await emulator.start()
    try:
        said = await emulator.say("personal", files=[Upload("notes.txt", b"read me")])
        message = emulator.message("personal", said)
        assert message is not None
        async with api.http.get(message["attachments"][0]["content"]["downloadUrl"]) as answer:
            assert answer.status == 401
    finally:
        await emulator.stop()


async def test_elsewhere_a_file_is_only_hinted_at(emulator: TeamsEmulator, bot: Bot) -> None:
    await emulator.delivered(await emulator.say("Lunch", "@gateway", files=[Upload("notes.txt", b"read me")]))
    kinds = [a["contentType"] for a in bot.last["attachments"]]
    assert kinds == ["text/html"]
    assert "<attachment id=" in bot.last["attachments"][0]["content"]


async def test_a_pasted_picture_wants_the_bots_token(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    said = await emulator.say("General", "@gateway see", images=[Upload("image.png", PNG, "image/png")])
    await emulator.delivered(said)
    picture = bot.last["attachments"][0]
    assert picture["contentType"] == "image/*"
    assert set(picture) == {"contentType", "contentUrl"}
    assert picture["contentUrl"] in bot.last["attachments"][1]["content"]
    assert picture["contentUrl"].startswith(bot.last["serviceUrl"])
    async with api.http.get(picture["contentUrl"]) as answer:
        assert answer.status == 401
    async with api.http.get(picture["contentUrl"], headers={"Authorization": f"Bearer {api.token}"}) as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", PNG)


async def test_adding_and_removing_the_app(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    chat = emulator.personal()
    await emulator.uninstall()
    await emulator.settled()
    assert (bot.last["type"], bot.last["action"]) == ("installationUpdate", "remove")
    assert (await api.send(chat.id))[0] == 403
    await emulator.say("personal", "anybody there?")
    await emulator.settled()
    assert len(bot.activities) == 1
    await emulator.install()
    await emulator.settled()
    told = sorted((a["type"], str(a.get("action", a.get("membersAdded")))) for a in bot.activities[1:])
    assert told == [
        ("conversationUpdate", str([{"id": emulator.world.bot_id}])),
        ("installationUpdate", "add"),
    ]
    assert (await api.send(chat.id))[0] == 201


async def test_the_app_leaves_a_team_with_all_its_channels(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    await emulator.uninstall("Random")
    await emulator.settled()
    told: dict[str, Any] = {a["type"]: a for a in bot.activities}
    assert told["conversationUpdate"]["membersRemoved"] == [{"id": emulator.world.bot_id}]
    assert told["conversationUpdate"]["conversation"]["id"] == emulator.team.id
    assert told["conversationUpdate"]["channelData"]["eventType"] == "teamMemberRemoved"
    assert (await api.send(emulator.general.id))[0] == 403


async def test_people_come_and_go(emulator: TeamsEmulator, bot: Bot) -> None:
    mary = emulator.add_user("Mary")
    await emulator.add_member("Lunch", "Mary")
    await emulator.settled()
    await emulator.remove_member("General", "Linus")
    await emulator.settled()
    joined, left = bot.activities
    assert joined["membersAdded"] == [{"id": mary.id, "aadObjectId": mary.aad_object_id}]
    assert left["membersRemoved"][0]["id"] == emulator.linus.id
    assert left["channelData"]["team"] == {
        "id": emulator.team.id,
        "name": "Builders",
        "aadGroupId": emulator.team.aad_group_id,
    }
    with pytest.raises(PersonError, match="not there"):
        await emulator.remove_member("Random", "Linus")


async def test_channels_come_and_go(emulator: TeamsEmulator, bot: Bot, api: Api) -> None:
    channel = emulator.add_channel("Ideas")
    await emulator.settled()
    await emulator.delete_channel("Ideas")
    await emulator.settled()
    told = [(a["channelData"]["eventType"], a["channelData"]["channel"]) for a in bot.activities]
    described = {"id": channel.id, "name": "Ideas"}
    assert told == [("channelCreated", described), ("channelDeleted", described)]
    assert (await api.send(channel.id))[0] == 404


async def test_a_message_the_bot_does_not_take_is_not_sent_again(emulator: TeamsEmulator, bot: Bot) -> None:
    bot.answer = lambda _: web.Response(status=500)
    said = await emulator.say("personal", "hello")
    with pytest.raises(DeliveryFailed, match="http_error_500"):
        await emulator.delivered(said)
    assert len(bot.activities) == 1
    assert emulator.messages("personal")[0]["undelivered"]


async def test_a_bot_that_takes_too_long_is_not_waited_for(emulator: TeamsEmulator, bot: Bot) -> None:
    bot.gate.clear()
    emulator.deliveries.timeout = 0.05
    said = await emulator.say("personal", "hello")
    with pytest.raises(DeliveryFailed, match="timeout"):
        await emulator.delivered(said)


async def test_nobody_listening(emulator: TeamsEmulator) -> None:
    said = await emulator.say("personal", "hello")
    with pytest.raises(DeliveryFailed, match="connection_failed"):
        await emulator.delivered(said)


async def test_the_same_activity_twice(emulator: TeamsEmulator, bot: Bot) -> None:
    said = await emulator.say("personal", "hello")
    await emulator.delivered(said)
    assert (await emulator.redeliver(said)).ok
    assert bot.activities[0] == bot.activities[1]
    with pytest.raises(PersonError):
        await emulator.redeliver("nothing")


async def test_any_activity_can_be_sent(emulator: TeamsEmulator, bot: Bot) -> None:
    delivery = await emulator.emit({"type": "event", "name": "application/vnd.microsoft.readReceipt", "value": {}})
    assert (delivery.ok, delivery.name) == (True, "event application/vnd.microsoft.readReceipt")
    assert bot.last["conversation"]["id"] == emulator.personal().id
    assert (await emulator.emit({"type": "typing"}, place="Lunch", user="Grace")).ok
    assert bot.last["from"]["name"] == "Grace Hopper"
