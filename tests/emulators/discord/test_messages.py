"""Messages: sent, read, edited, deleted, answered, and whom they notify."""

import discord
import pytest

from gateway.emulators.discord import messages
from gateway.emulators.discord.emulator import DiscordEmulator
from tests.emulators.discord.bot import JSON, Bot, Rest, button, errors, row


@pytest.fixture
def many(emulator: DiscordEmulator) -> str:
    return f"/channels/{emulator.general.id}/messages"


async def test_discord_py_sends_edits_and_deletes(bot: Bot, emulator: DiscordEmulator) -> None:
    sent = await bot.text_channel(emulator).send("hello")
    assert emulator.message("general", str(sent.id)) is not None
    edited = await sent.edit(content="hello again")
    assert (edited.content, edited.edited_at is not None) == ("hello again", True)
    await bot.until(lambda: bot.named("raw_message_edit"))
    fetched = await sent.channel.fetch_message(sent.id)
    assert fetched.content == "hello again"
    await sent.delete()
    assert emulator.message("general", str(sent.id)) is None
    with pytest.raises(discord.NotFound) as refused:
        await sent.channel.fetch_message(sent.id)
    assert refused.value.code == 10008


async def test_history_in_pages(bot: Bot, rest: Rest, many: str, emulator: DiscordEmulator) -> None:
    ids = [await emulator.post("general", str(number)) for number in range(5)]
    history = [m.content async for m in bot.text_channel(emulator).history(limit=3)]
    assert history == ["4", "3", "2"]

    async def page(query: str) -> list[str]:
        status, found = await rest.get(f"{many}?{query}")
        assert status == 200
        return [m["content"] for m in found]

    assert await page(f"before={ids[2]}") == ["1", "0"]
    assert await page(f"after={ids[2]}&limit=1") == ["3"]
    assert await page(f"around={ids[2]}&limit=3") == ["3", "2", "1"]
    assert await page("") == ["4", "3", "2", "1", "0"]
    status, body = await rest.get(f"{many}?limit=101")
    assert (status, errors(body, "limit")) == (400, ["NUMBER_TYPE_MAX"])
    status, body = await rest.get(f"{many}?before=yesterday")
    assert (status, errors(body, "before")) == (400, ["NUMBER_TYPE_COERCE"])


async def test_the_same_nonce_again_is_the_same_message(rest: Rest, many: str, emulator: DiscordEmulator) -> None:
    body = {"content": "once", "nonce": "n-1", "enforce_nonce": True}
    first, again = await rest.say(emulator.general.id, body), await rest.say(emulator.general.id, body)
    assert first["id"] == again["id"]
    assert first["nonce"] == "n-1"
    other = await rest.say(emulator.random.id, body)
    assert other["id"] == first["id"], "the author counts, not the channel"
    unchecked = await rest.say(emulator.general.id, {"content": "twice", "nonce": "n-1"})
    assert unchecked["id"] != first["id"]
    assert len(emulator.messages("general")) == 2
    status, refused = await rest.post(many, {"content": "x", "nonce": "x" * 26})
    assert (status, errors(refused, "nonce")) == (400, ["NONCE_TYPE_TOO_LONG"])
    status, refused = await rest.post(many, {"content": "x", "nonce": [1]})
    assert (status, errors(refused, "nonce")) == (400, ["NONCE_TYPE_INVALID_TYPE"])


async def test_a_nonce_is_forgotten_after_some_minutes(
    rest: Rest, emulator: DiscordEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"content": "x", "nonce": "n", "enforce_nonce": True}
    first = await rest.say(emulator.general.id, body)
    monkeypatch.setattr(messages, "NONCE_SECONDS", -1.0)
    assert (await rest.say(emulator.general.id, body))["id"] != first["id"]


async def test_a_lost_answer_and_a_second_attempt_make_one_message(bot: Bot, emulator: DiscordEmulator) -> None:
    emulator.fail_next("create_message", status=502, after_effect=True)
    sent = await bot.text_channel(emulator).send("once", nonce="k")
    assert [m["id"] for m in emulator.messages("general")] == [str(sent.id)]
    assert [call.status for call in emulator.calls_to("create_message")] == [502, 200]


async def test_replies(bot: Bot, rest: Rest, many: str, emulator: DiscordEmulator) -> None:
    message_id = await emulator.post("general", "question")
    channel = bot.text_channel(emulator)
    asked = await channel.fetch_message(int(message_id))
    answer = await asked.reply("answer", mention_author=False)
    assert answer.reference is not None
    assert (answer.type, answer.reference.message_id) == (discord.MessageType.reply, asked.id)
    shown = emulator.message("general", str(answer.id))
    assert shown is not None
    assert (shown["referenced_message"]["content"], shown["pings"]["users"]) == ("question", [])
    pinging = await rest.say(emulator.general.id, {"content": "x", "message_reference": {"message_id": message_id}})
    assert [u["id"] for u in pinging["mentions"]] == [emulator.ada.id]
    await emulator.delete_message("general", message_id)
    status, refused = await rest.post(many, {"content": "x", "message_reference": {"message_id": message_id}})
    assert (status, errors(refused, "message_reference")) == (400, ["MESSAGE_REFERENCE_UNKNOWN_MESSAGE"])
    tolerant = {"message_id": message_id, "fail_if_not_exists": False}
    plain = await rest.say(emulator.general.id, {"content": "x", "message_reference": tolerant})
    assert plain["type"] == 0
    deleted = await rest.get(f"{many}/{answer.id}")
    assert deleted[1]["referenced_message"] is None
    elsewhere = {"message_id": str(answer.id), "channel_id": emulator.random.id}
    status, refused = await rest.post(many, {"content": "x", "message_reference": elsewhere})
    assert errors(refused, "message_reference") == ["REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL"]


PINGING = "<@{ada}> <@{grace}> <@&{team}> @everyone"


@pytest.mark.parametrize(
    ("allowed", "users", "team", "everyone"),
    [
        (None, ["ada", "grace"], True, True),
        ({"parse": []}, [], False, False),
        ({"parse": ["everyone"]}, [], False, True),
        ({"parse": ["users"]}, ["ada", "grace"], False, False),
        ({"users": ["{ada}", "1"]}, ["ada"], False, False),
        ({"parse": ["users", "roles"], "users": []}, ["ada", "grace"], True, False),
        ({"roles": ["{team}"]}, [], True, False),
    ],
)
async def test_whom_a_message_notifies(
    rest: Rest, emulator: DiscordEmulator, allowed: JSON | None, users: list[str], team: bool, everyone: bool
) -> None:
    (role,) = (r.id for r in emulator.guild.roles.values() if r.name == "team")
    ids = {"ada": emulator.ada.id, "grace": emulator.grace.id, "team": role}

    def known(value: object) -> object:
        return [str(each).format(**ids) for each in value] if isinstance(value, list) else value

    body: JSON = {"content": PINGING.format(**ids)}
    if allowed is not None:
        body["allowed_mentions"] = {name: known(value) for name, value in allowed.items()}
    sent = await rest.say(emulator.general.id, body)
    shown = emulator.message("general", sent["id"])
    assert shown is not None
    assert shown["pings"] == {
        "users": [ids[u] for u in users],
        "roles": [role] if team else [],
        "everyone": everyone,
    }
    assert [u["id"] for u in sent["mentions"]] == [ids[u] for u in users]
    assert sent["mention_everyone"] is everyone


async def test_notifying_is_refused_or_needs_permission(rest: Rest, many: str, emulator: DiscordEmulator) -> None:
    both = {"parse": ["users"], "users": [emulator.ada.id]}
    status, body = await rest.post(many, {"content": "x", "allowed_mentions": both})
    assert (status, errors(body, "allowed_mentions")) == (400, ["MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"])
    assert body["errors"]["allowed_mentions"]["_errors"][0]["message"] == (
        'parse:["users"] and users: [ids...] are mutually exclusive.'
    )
    emulator.permit("general", deny=["MENTION_EVERYONE"])
    sent = await rest.say(emulator.general.id, {"content": "@everyone"})
    assert sent["mention_everyone"] is False


async def test_an_edit_changes_what_it_names(rest: Rest, many: str, emulator: DiscordEmulator) -> None:
    made = await rest.say(emulator.general.id, {"content": "text", "components": [row(button())]})
    status, edited = await rest.patch(f"{many}/{made['id']}", {"content": "new"})
    assert (status, edited["content"], edited["edited_timestamp"] is not None) == (200, "new", True)
    assert edited["components"] == made["components"]
    _, edited = await rest.patch(f"{many}/{made['id']}", {"content": None, "embeds": [{"title": "t"}]})
    assert (edited["content"], edited["embeds"][0]["title"]) == ("", "t")
    status, body = await rest.patch(f"{many}/{made['id']}", {"embeds": [], "components": []})
    assert (status, body["code"]) == (400, 50006)
    theirs = await emulator.post("general", "Ada's")
    status, body = await rest.patch(f"{many}/{theirs}", {"content": "mine"})
    assert (status, body) == (403, {"message": "Cannot edit a message authored by another user", "code": 50005})
    status, body = await rest.patch(f"{many}/{made['id']}", {"content": "x" * 2001})
    assert (status, errors(body, "content")) == (400, ["BASE_TYPE_MAX_LENGTH"])
    kept = emulator.message("general", made["id"])
    assert kept is not None
    assert kept["embeds"][0]["title"] == "t"


async def test_deleting(rest: Rest, many: str, emulator: DiscordEmulator) -> None:
    theirs = [await emulator.post("general", str(n)) for n in range(3)]
    status, body = await rest("DELETE", f"{many}/{theirs[0]}")
    assert (status, body["code"]) == (403, 50013)
    dm = await emulator.post("@ada", "hi")
    status, body = await rest("DELETE", f"/channels/{emulator.dm.id}/messages/{dm}")
    assert (status, body["code"]) == (403, 50003)
    status, body = await rest.post(f"{many}/bulk-delete", {"messages": theirs})
    assert (status, body["code"]) == (403, 50013)
    emulator.permit("general", allow=["MANAGE_MESSAGES"])
    assert await rest("DELETE", f"{many}/{theirs[0]}") == (204, None)
    status, body = await rest.post(f"{many}/bulk-delete", {"messages": theirs[:1]})
    assert (status, body["code"]) == (400, 50016)
    status, body = await rest.post(f"{many}/bulk-delete", {"messages": ["1", "2"]})
    assert (status, body["code"]) == (400, 50034)
    assert await rest.post(f"{many}/bulk-delete", {"messages": theirs}) == (204, None)
    assert emulator.messages("general") == []


async def test_reactions(bot: Bot, rest: Rest, many: str, emulator: DiscordEmulator) -> None:
    message_id = await emulator.post("general", "nice")
    message = await bot.text_channel(emulator).fetch_message(int(message_id))
    await message.add_reaction("👍")
    await emulator.react("general", message_id, "👍", user="grace")
    shown = await rest.get(f"{many}/{message_id}")
    assert [(r["emoji"], r["count"], r["me"]) for r in shown[1]["reactions"]] == [({"id": None, "name": "👍"}, 2, True)]
    users = await rest.get(f"{many}/{message_id}/reactions/%F0%9F%91%8D")
    assert [u["username"] for u in users[1]] == ["gateway", "grace"]
    await bot.until(lambda: len(bot.named("raw_reaction_add")) == 2)
    await message.remove_reaction("👍", bot.user)  # type: ignore[arg-type]
    status, body = await rest("PUT", f"{many}/{message_id}/reactions/thumbsup/@me")
    assert (status, body) == (400, {"message": "Unknown Emoji", "code": 10014})
    for number in range(20):
        await emulator.react("general", message_id, chr(0x1F600 + number))
    status, body = await rest("PUT", f"{many}/{message_id}/reactions/%F0%9F%94%A5/@me")
    assert (status, body["code"]) == (400, 30010)


async def test_typing_shows_for_a_while(bot: Bot, emulator: DiscordEmulator) -> None:
    channel = bot.text_channel(emulator)
    async with channel.typing():
        assert emulator.is_typing("general")
    await channel.send("done")
    assert not emulator.is_typing("general")


async def test_direct_messages(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    ada = await bot.fetch_user(int(emulator.ada.id))
    sent = await ada.send("psst")
    assert (sent.channel.id, sent.guild) == (int(emulator.dm.id), None)
    quiet = emulator.add_user("Quiet", takes_dms=False)
    stranger = emulator.add_user("Stranger", member=False)
    for user, code in ((quiet, 50007), (stranger, 50278), (emulator.add_user("Robot", is_bot=True), 50007)):
        status, channel = await rest.post("/users/@me/channels", {"recipient_id": user.id})
        assert status == 200
        status, body = await rest.post(f"/channels/{channel['id']}/messages", {"content": "hi"})
        assert (status, body["code"]) == (403, code)
    status, body = await rest.post("/users/@me/channels", {"recipient_id": "1"})
    assert (status, body["code"]) == (400, 50033)
    status, body = await rest.post("/users/@me/channels", {})
    assert (status, errors(body, "recipient_id")) == (400, ["BASE_TYPE_REQUIRED"])
