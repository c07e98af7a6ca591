"""Each sample of the documents that means something on a messaging platform, on each platform."""

import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import openai
import pytest

from gateway.chat.registry import fresh
from gateway.chat.user import User
from gateway.compat import hook
from gateway.emulators.models.server import FakeModelServer
from gateway.model import Profile, UserRef
from gateway.telemetry.logs import configure_logging
from tests.conformance.completions import COMPLETIONS, complete
from tests.conformance.conftest import COMPLETE
from tests.conformance.databases import dynamodb_table
from tests.conformance.document import WHERE, find, samples
from tests.conformance.expectations import EXPECTATIONS
from tests.conformance.later import LATER
from tests.conformance.pictures import FILES
from tests.conformance.report import NAMES, PLATFORMS_PAGE, appearance
from tests.conformance.stubs import MODULES
from tests.conformance.visitor import Bot, MountedBot, Visitor
from tests.contract.world import World
from tests.discord.world import discord_world
from tests.mcp import tools
from tests.slack.world import slack_world
from tests.teams.world import teams_world

WORLDS: dict[str, Callable[[], AbstractAsyncContextManager[World]]] = {
    "slack": slack_world,
    "discord": discord_world,
    "teams": teams_world,
}
SHORT = ("5", "6", "9", "16", "23", "41", "45", "47", "56", "76", "77", "84", "122")
"""The samples that every run of the tests includes."""

MOUNTING = {"122": "121"}
"""Samples that are an application, with the sample that is the bot in it."""

UNCHANGED = ("47", "76", "92")
"""Those of them, and of those that import from several modules, that are run unchanged too."""

ABSENT = find() is None
REAL = os.environ.get("GATEWAY_REAL_LIBRARIES") == "1"
"""The samples of data frames and figures run with the real libraries: what ``make test-integrations`` sets."""
DRAWN = {"16": "pandas", "21": "plotly", "22": "matplotlib"}
"""The samples that have a real library there, and its name."""


def chosen() -> list[tuple[str, str]]:
    """Return the numbers of the samples to run, each with what it imports."""
    if REAL:
        return [(number, "gateway") for number in DRAWN]
    if COMPLETE:
        return [(number, name) for name in NAMES for number in samples() if number not in LATER]
    return [*((number, "gateway") for number in SHORT), *((number, "chainlit") for number in UNCHANGED)]


def test_the_samples_are_there() -> None:
    """Say loudly that the samples do not run, where they do not."""
    if ABSENT:
        pytest.skip(f"NO SAMPLE OF THE DOCUMENTS IS RUN: set {WHERE} to the document, or to the folder it is in")
    assert len(samples()) == 113
    assert len(LATER) == 3
    assert set(samples()) == set(EXPECTATIONS) | set(LATER)
    assert set(COMPLETIONS) <= set(EXPECTATIONS)


def test_what_looks_different_somewhere_is_on_the_platforms_page() -> None:
    """A part of the API that a platform has no control for counts as shown only where the page says what is shown."""
    listed = appearance(PLATFORMS_PAGE.read_text(encoding="utf-8"))
    assert {name for each in EXPECTATIONS.values() for name in each.uses} - set(listed) == set()


@pytest.fixture(params=list(WORLDS))
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Yield each platform, emulated."""
    async with WORLDS[request.param]() as world:
        yield world


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder the bot runs in, with the files the samples refer to beside it and stand-ins for libraries."""
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))  # to which each bot's folder is added
    for name, module in MODULES.items():
        if not REAL or name.partition(".")[0] not in DRAWN.values():
            monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    return tmp_path


def admin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every person the role that some samples read, as a bot's own user management would."""
    of = User.of

    def of_admin(cls: type[User], ref: UserRef, profile: Profile | None) -> User:
        user = of(ref, profile)
        user.metadata["role"] = "ADMIN"
        return user

    monkeypatch.setattr(User, "of", classmethod(of_admin))


def bot_of(number: str, world: World, folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch, *, alias: bool) -> Bot:
    """Return what runs a sample: a gateway, or the application that the sample is."""
    if number not in MOUNTING:
        return Bot(world, path, folder / "data")
    (folder / "my_cl_app.py").write_text(complete(samples()[MOUNTING[number]], alias=alias), encoding="utf-8")
    for name, value in {**world.environment(), "GATEWAY_TURN_RETRIES": "0"}.items():
        monkeypatch.setenv(name, value)
    return MountedBot(world, path, "/chainlit")


@pytest.mark.skipif(ABSENT, reason=f"the document with the samples is not here ({WHERE})")
@pytest.mark.parametrize(("number", "name"), chosen())
async def test_a_sample_shows_what_its_document_says(
    number: str,
    name: str,
    world: World,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, Any], None],
) -> None:
    if REAL:
        pytest.importorskip(DRAWN[number])
    record_property("sample", number)
    record_property("platform", world.name)
    record_property("name", name)
    configure_logging(form="console", debug=False)
    if number in COMPLETIONS and COMPLETIONS[number].admin:
        admin(monkeypatch)
    path = folder / f"sample_{number}.py"
    alias = name == "chainlit"
    path.write_text(complete(samples()[number], alias=alias), encoding="utf-8")
    monkeypatch.delitem(sys.modules, path.stem, raising=False)
    if number in COMPLETIONS and COMPLETIONS[number].tools:
        monkeypatch.setenv("GATEWAY_MCP_EXECUTABLES", sys.executable)
        servers = {"mcpServers": {"tools": {"command": sys.executable, "args": [tools.__file__]}}}
        (folder / ".mcp.json").write_text(json.dumps(servers))
    if alias:
        hook.install()
    try:
        async with AsyncExitStack() as stack:
            if number in COMPLETIONS and COMPLETIONS[number].model:
                monkeypatch.setitem(sys.modules, "openai", openai)
                server = stack.enter_context(FakeModelServer())
                monkeypatch.setenv("OPENAI_BASE_URL", server.url)
                monkeypatch.setenv("OPENAI_API_KEY", "none")
            if number == "90":
                await stack.enter_async_context(dynamodb_table(monkeypatch))
            bot = await stack.enter_async_context(bot_of(number, world, folder, path, monkeypatch, alias=alias))
            ada = Visitor(world, bot, lambda: capsys.readouterr().out)
            await EXPECTATIONS[number].visit(ada)
            assert await bot.failures() == []
        assert list(world.complaints) == []
    finally:
        fresh()
        hook.uninstall()
        for module in (path.stem, "my_cl_app"):
            sys.modules.pop(module, None)
