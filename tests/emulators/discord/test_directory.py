"""Users, members, the guild, the application; what the world forgets."""

import pytest

from gateway.emulators.discord import state, world
from gateway.emulators.discord.emulator import DiscordEmulator, PersonError
from tests.emulators.discord.bot import Bot, Rest


async def test_who_is_who(bot: Bot, rest: Rest, emulator: DiscordEmulator) -> None:
    ada = await bot.fetch_user(int(emulator.ada.id))
    assert (ada.name, ada.global_name, ada.bot) == ("ada", "Ada", False)
    (guild,) = bot.guilds
    grace = await guild.fetch_member(int(emulator.grace.id))
    assert (grace.nick, grace.global_name) == ("Amazing Grace", "Grace")
    me = await guild.fetch_member(int(emulator.bot.id))
    assert [r.name for r in me.roles] == ["@everyone", "gateway"]
    stranger = emulator.add_user("Stranger", member=False)
    status, body = await rest.get(f"/guilds/{emulator.guild.id}/members/{stranger.id}")
    assert (status, body["code"]) == (404, 10007)


async def test_the_guild_and_its_channels(rest: Rest, emulator: DiscordEmulator) -> None:
    status, guild = await rest.get(f"/guilds/{emulator.guild.id}")
    assert (status, guild["name"], guild["owner_id"]) == (200, "Gateway HQ", emulator.ada.id)
    status, channels = await rest.get(f"/guilds/{emulator.guild.id}/channels")
    assert {c["name"]: c["type"] for c in channels} == {"general": 0, "random": 0, "ideas": 15, "secret": 0}
    status, roles = await rest.get(f"/guilds/{emulator.guild.id}/roles")
    assert {r["name"] for r in roles} == {"@everyone", "gateway", "team"}
    status, dm = await rest.get(f"/channels/{emulator.dm.id}")
    assert (dm["type"], [r["id"] for r in dm["recipients"]]) == (1, [emulator.ada.id])


@pytest.mark.parametrize("switches", [(), ("message_content",), ("message_content", "members")])
async def test_the_application_tells_its_switches(
    rest: Rest, emulator: DiscordEmulator, switches: tuple[str, ...]
) -> None:
    emulator.application.allow(switches)  # type: ignore[arg-type]
    for path in ("/applications/@me", "/oauth2/applications/@me"):
        status, application = await rest.get(path)
        assert (status, application["id"]) == (200, emulator.bot.id)
        assert bool(application["flags"] & 1 << 19) is ("message_content" in switches)
        assert bool(application["flags"] & 1 << 15) is ("members" in switches)


async def test_names_find_people_and_places(emulator: DiscordEmulator) -> None:
    assert emulator.world.channel("#general") is emulator.general
    assert emulator.world.channel("@ada") is emulator.dm
    assert emulator.world.channel("@grace").recipient == emulator.grace.id
    assert emulator.world.user("ADA") is emulator.ada
    for wrong in ("#nowhere", "@nobody"):
        with pytest.raises(PersonError):
            emulator.world.channel(wrong)


async def test_the_oldest_are_forgotten(emulator: DiscordEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MAX_CHANNEL_MESSAGES", 2)
    monkeypatch.setattr(world, "MAX_THREADS", 1)
    monkeypatch.setattr(world, "MAX_TOTAL_FILE_BYTES", 5)
    for number in range(3):
        await emulator.post("@ada", str(number), files=[("a.txt", b"abc", "text/plain")])
    assert [m["content"] for m in emulator.messages("@ada")] == ["1", "2"]
    assert [f.content for f in emulator.world.files.values()] == [None, None, b"abc"]
    first, second = await emulator.create_thread("general", "a"), await emulator.create_thread("general", "b")
    assert emulator.thread(first) is None
    assert emulator.thread(second) is not None
