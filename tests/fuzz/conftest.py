"""A gateway on all platforms at once, served to nobody: tests call its application."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import gateway as cl
from gateway.app import Gateway
from gateway.bootstrap import on_emulated_platforms, on_real_platforms
from gateway.emulators.discord.emulator import DiscordEmulator
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.teams.emulator import TeamsEmulator
from gateway.platforms import registry
from gateway.settings import GatewaySettings, conceal_secrets
from gateway.telemetry.logs import configure_logging
from tests.fuzz.recording import Sent, slack_requests
from tests.support.bot import register
from tests.support.emulators import started


@dataclass
class Fuzzed:
    """A gateway and what belongs to it."""

    gateway: Gateway
    slack: SlackEmulator
    teams: TeamsEmulator
    discord: DiscordEmulator
    key: str
    """An API key with all scopes."""
    requests: list[Sent] = field(default_factory=list[Sent])
    """One request of each kind that Slack makes."""
    heard: list[str] = field(default_factory=list[str])
    """What the bot heard."""

    @property
    def secrets(self) -> list[str]:
        """Everything that no log line may show."""
        return [
            self.key,
            self.slack.signing_secret,
            self.slack.team.bot_token,
            self.teams.password,
            self.discord.world.token,
        ]


@pytest.fixture
async def fuzzed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Fuzzed]:
    """Yield a gateway in Slack, Discord, Teams and ChatKit, with the HTTP APIs on."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SLACK_", "DISCORD_", "TEAMS_", "GATEWAY_")):
            monkeypatch.delenv(name)
    async with (
        started(SlackEmulator(limits="off", retry_delays=())) as recorded,
        started(SlackEmulator(limits="off", retry_delays=())) as slack,
        started(DiscordEmulator(limits="off")) as discord,
        started(TeamsEmulator(limits="off")) as teams,
    ):
        key = secrets.token_urlsafe(24)
        environments = (
            slack.environment(),
            discord.environment(),
            teams.environment(),
            {"GATEWAY_API_KEYS": key, "TEAMS_ANY_TENANT": "1"},
        )
        for environment in environments:
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
        conceal_secrets()
        configure_logging(form="json", debug=False)
        heard: list[str] = []
        settings = GatewaySettings.read(data_dir=tmp_path / "data", database_url=f"sqlite:///{tmp_path}/gateway.db")
        gateway = Gateway(on_real_platforms(settings, register(lambda: _bot(heard)), registry()))
        gateway.served_at("http://127.0.0.1:8000")
        async with gateway:
            yield Fuzzed(gateway, slack, teams, discord, key, await slack_requests(recorded), heard)


@pytest.fixture
async def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    """Yield a gateway with the playground."""
    from contextlib import AsyncExitStack

    monkeypatch.chdir(tmp_path)
    async with AsyncExitStack() as stack:
        settings = GatewaySettings.read(data_dir=tmp_path / "data", database_url=f"sqlite:///{tmp_path}/gateway.db")
        parts = await on_emulated_platforms(settings, register(lambda: _bot([])), registry(), stack)
        async with Gateway(parts) as gateway:
            yield gateway


def _bot(heard: list[str]) -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        heard.append(message.content)

    @cl.action_callback("gw")
    async def clicked(action: cl.Action) -> None:
        heard.append(action.name)


def in_loop(check: Callable[[], None]) -> "asyncio.Future[None]":
    """Run hypothesis, which is synchronous, in a thread beside the loop that the gateway runs on."""
    return asyncio.ensure_future(asyncio.to_thread(check))
