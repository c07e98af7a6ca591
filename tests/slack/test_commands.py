"""The app's slash command, whose first word names a command of the bot or of the gateway."""

from pathlib import Path
from typing import Any

import pytest

from adapters.slack.commands import command_of, is_apps
from gateway.model import Command, CommandInvoked
from tests.contract.commands import command_bot
from tests.contract.reading import reads
from tests.contract.world import Place
from tests.slack import test_adapter
from tests.slack.test_adapter import SlackHarness
from tests.slack.world import slack_world
from tests.support.bot import running_bot

harness = test_adapter.harness


@pytest.mark.parametrize(
    ("app", "command"),
    [("Gateway bot", "gateway-bot"), ("Ada's Größe 2!", "ada-s-gr-sse-2"), ("новый", "my-bot"), ("New", "new-bot")],
)
def test_the_apps_command_is_made_from_its_name(app: str, command: str) -> None:
    assert command_of(app) == command


def test_it_is_known_by_the_name_of_the_bots_user() -> None:
    assert is_apps("gateway-bot", "gateway_bot") and is_apps("gateway", "Gateway")
    assert not is_apps("new", "new") and not is_apps("weather", "gateway") and not is_apps("weather", "")


async def test_its_first_word_is_the_command(harness: SlackHarness) -> None:
    for given, words, command, text in (
        ("/gateway", "search foo  bar", "search", "foo  bar"),
        ("/gateway", "/search &lt;foo&gt;", "search", "<foo>"),
        ("/gateway", "new", "new", ""),
        ("/weather", "search foo", "weather", "search foo"),
        ("/weather", "", "weather", ""),
    ):
        assert (await harness.slack.command(given, words)).ok
        event = await harness.heard(CommandInvoked)
        assert (event.command, event.text) == (command, text)


async def test_alone_it_says_how_it_is_used(harness: SlackHarness) -> None:
    result = await harness.slack.command("/gateway", " ")
    assert result.ok and "`/gateway new`" in result.body["text"] and not harness.envelopes
    [told] = harness.world.told("Ada")
    assert "settings" in told
    commands = [Command(name=f"c{n}", description="for <!channel> & all") for n in range(50)]
    await harness.adapter.set_commands(commands)
    told = (await harness.slack.command("/gateway", "")).body["text"]
    assert "`/gateway c0`" in told and "c39" in told and "c40" not in told and "and 14 more" in told
    assert "<!channel>" not in told


async def test_a_bots_own_command_reaches_its_handler(tmp_path: Path) -> None:
    got: list[Any] = []
    async with slack_world() as world, running_bot(world, command_bot(got), tmp_path):
        place = Place(world.slack.dm.id)
        await world.dm("hello")
        await reads(world, place, "None: hello.")
        await world.slack.command("/gateway", "search cats", channel=place.channel)
        await reads(world, place, "Search: cats.")
