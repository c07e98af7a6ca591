"""Who may what where, as roles and overwrites say."""

import pytest

from gateway.emulators.discord.emulator import DiscordEmulator, PersonError
from gateway.emulators.discord.permissions import Permission, permissions
from gateway.emulators.discord.state import Overwrite
from tests.emulators.discord.bot import Rest, button, row

PNG = ("a.png", b"\x89PNG", "image/png")


@pytest.mark.parametrize(
    ("denied", "code"),
    [
        ("VIEW_CHANNEL", 50001),
        ("SEND_MESSAGES", 50013),
    ],
)
async def test_posting_needs(rest: Rest, emulator: DiscordEmulator, denied: str, code: int) -> None:
    emulator.permit("general", deny=[denied])
    status, body = await rest.post(f"/channels/{emulator.general.id}/messages", {"content": "x"})
    assert (status, body["code"]) == (403, code)
    assert await rest.say(emulator.random.id, {"content": "x"})


async def test_what_else_needs_permission(rest: Rest, emulator: DiscordEmulator) -> None:
    many = f"/channels/{emulator.general.id}/messages"
    message_id = await emulator.post("general", "x")
    reply = {"content": "x", "message_reference": {"message_id": message_id}}
    reaction = f"{many}/{message_id}/reactions/%F0%9F%91%8D/@me"
    emulator.permit("general", deny=["ATTACH_FILES", "EMBED_LINKS", "CREATE_PUBLIC_THREADS", "ADD_REACTIONS"])
    assert (await rest.upload(many, {}, PNG))[1]["code"] == 50013
    assert (await rest.post(many, {"embeds": [{"title": "t"}]}))[1]["code"] == 50013
    assert (await rest.post(f"{many}/{message_id}/threads", {"name": "T"}))[1]["code"] == 50013
    assert (await rest("PUT", reaction))[1]["code"] == 50013
    await emulator.react("general", message_id, "👍")
    assert await rest("PUT", reaction) == (204, None), "an emoji that is there already takes no permission"
    emulator.permit("general", deny=["READ_MESSAGE_HISTORY"])
    assert (await rest.get(many)) == (200, [])
    assert (await rest.get(f"{many}/{message_id}"))[1]["code"] == 50013
    assert (await rest.post(many, reply))[1]["code"] == 160002
    assert (await rest("DELETE", reaction))[1]["code"] == 50013


async def test_a_thread_has_its_own_permission_to_write(rest: Rest, emulator: DiscordEmulator) -> None:
    thread = await emulator.create_thread("general", "T")
    emulator.permit("general", deny=["SEND_MESSAGES"])
    assert await rest.say(thread, {"content": "x"})
    emulator.permit("general", deny=["SEND_MESSAGES_IN_THREADS"])
    status, body = await rest.post(f"/channels/{thread}/messages", {"content": "x"})
    assert (status, body["code"]) == (403, 50013)
    assert (await rest.post(f"/channels/{thread}/typing"))[1]["code"] == 50013


async def test_roles_then_overwrites(emulator: DiscordEmulator) -> None:
    guild, general = emulator.guild, emulator.general
    (team,) = (r for r in guild.roles.values() if r.name == "team")
    wanted = Permission.MANAGE_MESSAGES

    def may(user: str) -> bool:
        return bool(permissions(guild, user, general) & wanted)

    assert not may(emulator.linus.id)
    team.permissions = int(wanted)
    assert may(emulator.linus.id)
    general.overwrites[guild.id] = Overwrite(guild.id, 0, deny=int(wanted))
    assert not may(emulator.linus.id)
    general.overwrites[team.id] = Overwrite(team.id, 0, allow=int(wanted))
    assert may(emulator.linus.id)
    general.overwrites[emulator.linus.id] = Overwrite(emulator.linus.id, 1, deny=int(wanted))
    assert not may(emulator.linus.id)
    team.permissions = int(Permission.ADMINISTRATOR)
    assert may(emulator.linus.id), "an administrator is above overwrites"
    assert may(guild.owner_id)
    assert not may("1")


async def test_people_are_held_to_them_too(rest: Rest, emulator: DiscordEmulator) -> None:
    with pytest.raises(PersonError):
        await emulator.post("secret", "let me in", user="linus")
    assert await emulator.post("secret", "I am in", user="grace")
    with pytest.raises(PersonError):
        await emulator.post("@ada", "not mine", user="grace")
    mine = await emulator.post("@ada", "mine alone")
    with pytest.raises(PersonError):
        await emulator.react("@ada", mine, "👍", user="grace")
    made = await rest.say(emulator.dm.id, {"content": "x", "components": [row(button())]})
    with pytest.raises(PersonError):
        await emulator.click("@ada", made["id"], "go", user="grace")
    thread = await emulator.create_thread("general", "T")
    old = await emulator.post(thread, "x")
    await emulator.archive_thread(thread)
    for attempt in (emulator.react(thread, old, "👍"), emulator.edit(thread, old, "y")):
        with pytest.raises(PersonError):
            await attempt
    emulator.permit("general", deny=["MENTION_EVERYONE"], who="linus")
    for user, loud in (("ada", True), ("linus", False)):
        message = emulator.message("general", await emulator.post("general", "@everyone", user=user))
        assert message is not None
        assert message["pings"]["everyone"] is loud


async def test_the_bots_role(rest: Rest) -> None:
    emulator = DiscordEmulator(bot_permissions=["MANAGE_THREADS"])
    assert permissions(emulator.guild, emulator.bot.id, emulator.general) & Permission.MANAGE_THREADS
    with pytest.raises(KeyError):
        DiscordEmulator(bot_permissions=["FLY"])


async def test_outside_the_guild_nothing_can_be_done(rest: Rest, emulator: DiscordEmulator) -> None:
    await emulator.remove_bot()
    for path in (f"/channels/{emulator.general.id}", f"/guilds/{emulator.guild.id}"):
        status, body = await rest.get(path)
        assert (status, body) == (403, {"message": "Missing Access", "code": 50001})
    assert (await rest.get("/users/@me/guilds")) == (200, [])
    with pytest.raises(PersonError):
        await emulator.remove_bot()
    await emulator.add_bot()
    assert await rest("DELETE", f"/users/@me/guilds/{emulator.guild.id}") == (204, None)
    assert emulator.bot.id not in emulator.guild.members
