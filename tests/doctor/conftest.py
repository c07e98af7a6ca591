"""What the doctor finds with given settings, over the wire and in this process."""

import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from gateway.adapter import Finding
from gateway.doctor.examination import run_checks
from gateway.doctor.plan import checks
from gateway.platforms import registry
from gateway.settings import GatewaySettings

Examine = Callable[..., Awaitable[dict[str, Finding]]]
"""Runs the doctor with variables of the environment, and returns what it found by the checks' names."""


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Return the doctor in an empty folder, with none but the given settings."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SLACK_", "DISCORD_", "TEAMS_", "GATEWAY_")):
            monkeypatch.delenv(name)

    async def run(
        *environments: Mapping[str, str],
        only: str | None = None,
        bot: Path | None = None,
        limit: float = 30.0,
        **more: str,
    ) -> dict[str, Finding]:
        for environment in (*environments, more):
            for name, value in environment.items():
                monkeypatch.setenv(name, value)
        platforms = registry()
        settings = GatewaySettings.read()
        blocks = {name: each.settings() for name, each in platforms.items() if not each.by_key}
        async with checks(settings, platforms, blocks, only=only, bot=bot) as planned:
            return {result.name: result.finding async for result in run_checks(planned, limit=limit)}

    return run
