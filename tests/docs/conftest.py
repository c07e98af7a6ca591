"""The model that the documents' bots ask, and a folder with what the documents say is beside them."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from unittest.mock import patch

import openai
import pytest
from mistralai.client.chat import Chat
from mistralai.client.fim import Fim

from gateway.compat import hook
from gateway.emulators.models.server import FakeModelServer
from tests.chatkit.client import KEY
from tests.contract.world import World
from tests.discord.world import discord_world
from tests.slack.world import slack_world
from tests.teams.world import teams_world

KEYS = f"a-long-random-key,{KEY}"
"""The API keys of the gateway that programs talk to: the one in the documents, and that of ``ChatKitWorld``."""
WORLDS: dict[str, Callable[[], AbstractAsyncContextManager[World]]] = {
    "discord": discord_world,
    "teams": teams_world,
}


@pytest.fixture(scope="module")
def model() -> Iterator[FakeModelServer]:
    """The fake model, as ``--fake-model`` starts it."""
    with FakeModelServer() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: FakeModelServer) -> Iterator[Path]:
    """The folder in which a document's program runs, with the variables of ``--fake-model``. What the program did to
    the process is undone: modules, variables, the names of Chainlit, models whose calls are steps."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for client in (openai.OpenAI, openai.AsyncOpenAI):
        monkeypatch.setattr(client, "request", client.request)
    for api in (Chat, Fim):
        for name in ("complete", "stream", "complete_async", "stream_async"):
            monkeypatch.setattr(api, name, getattr(api, name))
    with patch.dict(os.environ):
        os.environ |= {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "fake", "GATEWAY_API_KEYS": KEYS}
        yield tmp_path
    hook.uninstall()
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]


@pytest.fixture
async def slack() -> AsyncIterator[World]:
    async with slack_world() as world:
        yield world


@pytest.fixture(params=["discord", "teams"])
async def another(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Each platform but the one on which all bots run."""
    async with WORLDS[request.param]() as world:
        yield world
