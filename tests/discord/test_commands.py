"""The bot's own slash commands: registered once, under names Discord takes, and told by the names the bot gave."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.commands import discord_name
from gateway.adapter import AdapterContext
from gateway.model import COMMANDS, Accepted, Command, CommandInvoked, Envelope, Event
from tests.discord.world import DiscordWorld
from tests.support.notes import Notes

OWN = {command.name for command in COMMANDS}


@pytest.fixture
def notes() -> Notes:
    return Notes()


@asynccontextmanager
async def connected(
    world: DiscordWorld, notes: Notes, heard: list[Event] | None = None
) -> AsyncIterator[DiscordAdapter]:
    adapter = world.adapter(AdapterContext(store=notes))

    async def accept(envelope: Envelope) -> Accepted:
        event = adapter.parse(envelope)
        if heard is not None and event is not None:
            heard.append(event)
        return Accepted(status="new", answer=None)

    async with adapter.connect(accept):
        await world.connected()
        await world.wait_for(lambda: len(names(world)) >= len(OWN))
        yield adapter


def names(world: DiscordWorld) -> set[str]:
    return {command["name"] for command in world.discord.commands()}


def named(*names: str, description: str = "Does it") -> list[Command]:
    return [Command(name=name, description=description, argument="") for name in names]


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("Search", "search"),
        ("Ask.GPT/4", "ask-gpt-4"),
        ("größe", "größe"),
        ("💡", ""),
        ("日本語", "日本語"),
        ("123", "123"),
        ("a" * 40, "a" * 32),
    ],
)
def test_names_are_as_discord_takes_them(id: str, name: str) -> None:
    assert discord_name(id) == name


async def test_a_command_comes_back_by_the_name_the_bot_gave(world: DiscordWorld, notes: Notes) -> None:
    heard: list[Event] = []
    async with connected(world, notes, heard) as adapter:
        await adapter.set_commands(named("Ask.GPT", "💡", "stop"))
        await world.wait_for(lambda: names(world) == OWN | {"ask-gpt"})
        await world.discord.command("ask-gpt", "general", options={"text": "why"})
    [event] = [event for event in heard if isinstance(event, CommandInvoked)]
    assert (event.command, event.text) == ("Ask.GPT", "why")


async def test_the_list_is_written_only_when_it_changes(world: DiscordWorld, notes: Notes) -> None:
    async with connected(world, notes) as adapter:
        for _ in range(3):
            await adapter.set_commands(named("one", "two"))
        assert names(world) == OWN | {"one", "two"}
        await adapter.set_commands(named("two", description="Does more"))
    assert names(world) == OWN | {"two"}
    written = len(world.discord.calls_to("put_commands"))
    assert written == 3  # the gateway's own, then twice the bot's
    # After a restart they are known at once, and nothing is written.
    heard: list[Event] = []
    async with connected(world, notes, heard) as adapter:
        await world.discord.command("two", "general")
        await adapter.set_commands(named("two", description="Does more"))
        await world.wait_for(lambda: len(heard) == 1)
    assert len(world.discord.calls_to("put_commands")) == written


async def test_no_more_than_discord_takes_and_those_of_others_stay(world: DiscordWorld, notes: Notes) -> None:
    async with connected(world, notes) as adapter:
        await adapter._api.call(
            "POST",
            "/applications/{application_id}/commands",
            {"application_id": world.discord.world.application_id},
            json={"name": "theirs", "description": "somebody else's"},
        )
        await adapter.set_commands(named(*(f"c{n}" for n in range(120)), description=" " * 300))
    assert len(names(world)) == 100
    assert OWN | {"theirs", "c0"} <= names(world)


async def test_a_refusal_is_logged_and_the_next_change_tries_again(world: DiscordWorld, notes: Notes) -> None:
    async with connected(world, notes) as adapter:
        world.discord.fail_next("put_commands", code=50001)
        await adapter.set_commands(named("one"))
        assert "one" not in names(world)
        await adapter.set_commands(named("one"))
        assert "one" in names(world)
