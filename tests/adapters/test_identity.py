"""A database belongs to one bot of each platform: another one is refused, whatever else it brings."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
import typer.testing

import gateway as cl
from gateway.adapter import AdapterContext
from gateway.chat.registry import Callbacks
from gateway.commands.db import app
from gateway.errors import AnotherBot
from gateway.runtime.identity import StoredIdentity
from gateway.store import open_store
from tests.contract.reading import reads
from tests.contract.trouble import never
from tests.contract.world import World
from tests.discord.world import DiscordWorld, discord_world
from tests.process.test_cli import BOT, fails, gateway
from tests.slack.world import SlackWorld, slack_world
from tests.support.bot import register, running_bot
from tests.teams.world import TeamsWorld, teams_world

WORLDS: dict[str, Callable[[], AbstractAsyncContextManager[World]]] = {
    "slack": slack_world,
    "discord": discord_world,
    "teams": teams_world,
}


def echo() -> Callbacks:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"re {message.content}").send()

    return register(bot)


def be_another(world: World) -> str:
    """Make the bot of a world another one, which Discord's and Slack's emulators have to be told; return its id."""
    match world:
        case DiscordWorld():
            world.discord.bot.id = str(int(world.discord.bot.id) + 1)
            return world.discord.bot.id
        case SlackWorld():
            world.slack.team.bot.id = "U0ANOTHER"
            return world.slack.team.bot.id
        case TeamsWorld():
            return world.teams.app_id
        case _:
            raise AssertionError(world.name)


@asynccontextmanager
async def two(name: str) -> AsyncIterator[tuple[World, World]]:
    """The worlds of two bots of one platform."""
    begin = WORLDS[name]
    async with begin() as mine, begin() as other:
        yield mine, other


async def talks(world: World, data: Path, words: str) -> None:
    async with running_bot(world, echo(), data):
        await reads(world, await world.mention(words), f"re {words}")


async def refused(world: World, data: Path, *words: str) -> None:
    with pytest.raises(AnotherBot) as raised:
        async with running_bot(world, echo(), data):
            raise AssertionError("it started")
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize("name", WORLDS)
async def test_another_bot_is_refused_until_the_first_one_is_forgotten(name: str, tmp_path: Path) -> None:
    async with two(name) as (mine, other):
        their_id = be_another(other)
        await talks(mine, tmp_path, "one")
        await talks(mine, tmp_path, "two")
        title = {"slack": "Slack", "discord": "Discord", "teams": "Teams"}[name]
        await refused(other, tmp_path, title, their_id, "DATABASE_URL", "gateway db forget-bots")
        await talks(mine, tmp_path, "three")
        url = f"sqlite:///{tmp_path}/gateway.db"
        told = await cl.make_async(lambda: typer.testing.CliRunner().invoke(app, ["forget-bots", "--url", url]))()
        assert (told.exit_code, f"forgot {title}: " in told.output) == (0, True), told.output
        async with running_bot(other, echo(), tmp_path):
            pass
        await refused(mine, tmp_path, title, their_id)


async def test_the_platforms_are_told_apart_and_one_wrong_bot_is_enough(tmp_path: Path) -> None:
    """With its other platforms alone the gateway would answer in the name of two bots."""
    async with two("discord") as (mine, other), slack_world() as slack:
        be_another(other)
        async with running_bot([slack, mine], echo(), tmp_path):
            pass
        with pytest.raises(AnotherBot):
            async with running_bot([slack, other], echo(), tmp_path):
                pass


async def test_a_bot_that_is_known_late_is_refused_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its platform could not be reached when it started."""
    monkeypatch.setattr("adapters.discord.adapter._RETRY", (0.01,))
    async with discord_world() as world:
        store = open_store(f"sqlite:///{tmp_path}/gateway.db")
        await store.open()
        try:
            identity = StoredIdentity(store)
            await identity.confirm("discord", "1", name="first")
            world.fail_next("identify", "server_error", times=5)
            adapter = world.adapter(AdapterContext(identity=identity))
            async with adapter.connect(never):
                assert "cannot be reached" in (adapter.health() or "")
                async with asyncio.timeout(20):
                    while "another Discord bot, first (1)" not in (adapter.health() or ""):
                        await asyncio.sleep(0.01)  # nothing tells when it has compared
            assert world.discord.gateway.identifies == 0
        finally:
            await store.close()


async def test_the_command_line_says_it_in_one_line_and_forgets_on_request(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(BOT)
    url = f"sqlite:///{tmp_path}/gateway.db"
    store = open_store(url)
    await store.open()
    await StoredIdentity(store).confirm("teams", "app-one")
    await store.close()
    environment = {"TEAMS_APP_ID": "App-Two", "TEAMS_APP_PASSWORD": "s3cret", "DATABASE_URL": url}
    result = await asyncio.to_thread(gateway, "run", "bot.py", "-h", cwd=tmp_path, **environment)
    fails(result, "app-one", "app-two", "DATABASE_URL", "gateway db forget-bots")
    assert "s3cret" not in result.stderr
    for said in ("forgot Teams: app-one", "the database belongs to no bot yet"):
        told = await asyncio.to_thread(gateway, "db", "forget-bots", cwd=tmp_path, DATABASE_URL=url)
        assert (told.returncode, told.stdout.strip()) == (0, said)
