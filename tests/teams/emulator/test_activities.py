"""What the bot is told: messages, edits, deletions, reactions, and who came or went."""

from adapters.teams.emulator import TeamsEmulator
from tests.teams.emulator.bot import Api, Bot


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
    assert activity["channelData"]["tenant"]["id"] == emulator.tenant.id
    assert activity["attachments"] == [{"contentType": "text/html", "content": "<p>hello</p>"}]
    assert bot.headers[-1]["x-ms-conversation-id"] == conversation["id"]
    assert bot.headers[-1]["x-ms-tenant-id"] == emulator.tenant.id
    status, body = await api.send(conversation["id"], "hi Ada")
    assert status == 201
    assert [m["text"] for m in emulator.messages("personal")] == ["hello", "hi Ada"]
    assert emulator.messages("personal")[1]["id"] == body["id"]
