"""What the doctor finds in Discord."""

from collections.abc import AsyncIterator

import orjson
import pytest

from adapters.discord.manifest import PERMISSIONS, REQUIRED, Need
from gateway.emulators.discord.emulator import DiscordEmulator
from tests.doctor.conftest import Examine
from tests.doctor.tunnel import forwarding, silent
from tests.support.emulators import started


@pytest.fixture
async def discord() -> AsyncIterator[DiscordEmulator]:
    async with started(DiscordEmulator(limits="off", bot_permissions=["MANAGE_THREADS"])) as emulator:
        yield emulator


async def test_an_application_that_fits_has_nothing_to_mend(discord: DiscordEmulator, examine: Examine) -> None:
    found = await examine(discord.environment())
    assert {name: each.status for name, each in found.items() if name.startswith("discord.")} == {
        "discord.bot_token": "ok",
        "discord.intents": "ok",
        "discord.gateway": "ok",
        "discord.sessions": "ok",
        "discord.servers": "ok",
        "discord.clock": "ok",
    }
    assert "discord.webhook" not in found
    assert found["address"].status == "skipped"  # nothing is delivered to an address


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("MTE5MTE2ODkxNDIyNzIwMDAxMA.GabcdE.0123456789012345678901234567890123456789", "refuses DISCORD_BOT_TOKEN"),
        ("a-client-secret-of-32-characters", "looks like none"),
        ("Bot MTE5", "begins with a word"),
    ],
)
async def test_a_token_that_discord_refuses(discord: DiscordEmulator, examine: Examine, token: str, said: str) -> None:
    found = await examine(discord.environment(), DISCORD_BOT_TOKEN=token)
    assert found["discord.bot_token"].status == "fail"
    assert said in found["discord.bot_token"].found
    assert found["discord.servers"].status == "skipped"


async def test_an_intent_that_is_off_is_to_be_switched_on(discord: DiscordEmulator, examine: Examine) -> None:
    discord.application.allow(())
    found = (await examine(discord.environment()))["discord.intents"]
    assert (found.status, "4014" in found.found) == ("fail", True)
    assert found.page == f"https://discord.com/developers/applications/{discord.application.id}/bot"


@pytest.mark.parametrize("need", PERMISSIONS, ids=lambda need: need.name)
async def test_a_permission_that_is_missing_is_named_with_the_server(
    discord: DiscordEmulator, examine: Examine, need: Need
) -> None:
    everyone = discord.guild.roles[discord.guild.id]
    everyone.permissions = sum(1 << each.bit for each in PERMISSIONS if each is not need)
    for role in discord.guild.roles.values():
        role.permissions &= ~(1 << need.bit)
    found = (await examine(discord.environment()))["discord.servers"]
    assert found.status == ("fail" if need.name in REQUIRED else "warn")
    assert f"Gateway HQ: {need.name}" in found.found
    assert need.why in found.fix
    assert f"client_id={discord.application.id}" in found.page


async def test_an_administrator_lacks_nothing(discord: DiscordEmulator, examine: Examine) -> None:
    discord.guild.roles[discord.guild.id].permissions = 1 << 3
    assert (await examine(discord.environment()))["discord.servers"].status == "ok"


async def test_a_bot_in_no_server_is_to_be_invited(discord: DiscordEmulator, examine: Examine) -> None:
    await discord.remove_bot()
    found = (await examine(discord.environment()))["discord.servers"]
    assert (found.status, found.fix) == ("warn", "invite it")
    assert found.page.startswith("https://discord.com/oauth2/authorize?client_id=")


@pytest.mark.parametrize(("taken", "status"), [(1_000, "fail"), (980, "warn"), (10, "ok")])
async def test_the_sessions_left_are_counted(
    discord: DiscordEmulator, examine: Examine, taken: int, status: str
) -> None:
    discord.gateway.identifies = taken
    found = (await examine(discord.environment()))["discord.sessions"]
    assert (found.status, str(1_000 - taken) in found.found) == (status, True)


async def test_a_gateway_that_cannot_be_connected_to(discord: DiscordEmulator, examine: Examine) -> None:
    assert (await examine(discord.environment()))["discord.gateway"].status == "ok"
    assert discord.gateway.identifies == 0  # no session of the day was used
    async with silent() as server:
        address = server.replace("http", "ws")
        found = (await examine(discord.environment(), DISCORD_GATEWAY_URL=f"{address}/"))["discord.gateway"]
    assert (found.status, "gave no answer" in found.found) == ("fail", True)
    page = discord.world.base.replace("http", "ws")
    found = (await examine(discord.environment(), DISCORD_GATEWAY_URL=f"{page}/api/v10/users"))["discord.gateway"]
    assert (found.status, "websockets" in found.fix) == ("fail", True)


async def test_more_shards_are_recommended(discord: DiscordEmulator, examine: Examine) -> None:
    def large(answer: bytes) -> bytes:
        body = orjson.loads(answer)
        return orjson.dumps({**body, "shards": 4}) if "shards" in body else answer

    async with forwarding(discord.world.base, answer=large) as proxy:
        found = (await examine(discord.environment(), DISCORD_API_URL=f"{proxy}/api/v10"))["discord.sessions"]
        assert (found.status, "4 shards" in found.found, "DISCORD_SHARDS=" in found.fix) == ("warn", True, True), found
        left = (await examine(discord.environment(), DISCORD_SHARDS="auto"))["discord.sessions"]
        assert left.status == "ok"


@pytest.mark.parametrize(("status", "expected"), [(429, "warn"), (503, "fail")])
async def test_a_discord_in_trouble_is_told_from_a_wrong_token(
    discord: DiscordEmulator, examine: Examine, status: int, expected: str
) -> None:
    discord.fail_next("get_current_user", status=status)
    assert (await examine(discord.environment()))["discord.bot_token"].status == expected


async def test_a_discord_that_cannot_be_reached_is_said_once(examine: Examine) -> None:
    async with silent() as server:
        pass
    environment = {"DISCORD_BOT_TOKEN": "t", "DISCORD_API_URL": server, "DISCORD_GATEWAY_URL": "ws://127.0.0.1:9/"}
    found = await examine(environment)
    assert (found["discord.bot_token"].status, "firewall" in found["discord.bot_token"].fix) == ("fail", True)
    assert {found[f"discord.{name}"].status for name in ("intents", "sessions", "servers", "clock")} == {"skipped"}


async def test_a_proxy_that_answers_with_a_page_is_no_discord(examine: Examine, discord: DiscordEmulator) -> None:
    async with forwarding(discord.world.base, answer=lambda _: b"<html>login</html>") as proxy:
        found = await examine(discord.environment(), DISCORD_API_URL=f"{proxy}/api/v10")
    assert {found[f"discord.{name}"].status for name in ("bot_token", "intents", "sessions", "servers")} == {"fail"}
