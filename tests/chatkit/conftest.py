"""A bot that is reached by ChatKit alone, served on loopback."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.app import Gateway
from gateway.bootstrap import on_real_platforms
from gateway.platforms import registry
from gateway.serving.server import bind
from gateway.settings import GatewaySettings
from gateway.testing.serving import serving
from tests.chatkit.client import KEY
from tests.chatkit.world import ChatKitWorld, chatkit_world
from tests.support.bot import register

Serve = Callable[..., AbstractAsyncContextManager[str]]
"""Serves a bot, which a function full of decorators registers, and returns its address."""


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)

    @asynccontextmanager
    async def serving(bot: Callable[[], Any], **settings: Any) -> AsyncIterator[str]:
        async with running(bot, tmp_path, **settings) as url:
            yield url

    return serving


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ChatKitWorld]:
    monkeypatch.setenv("GATEWAY_API_KEYS", KEY)
    async with chatkit_world() as world:
        yield world


@asynccontextmanager
async def running(bot: Callable[[], Any], folder: Path, **settings: Any) -> AsyncIterator[str]:
    """Serve a bot on ChatKit until the block ends; ``settings`` are GatewaySettings fields."""
    async with started(bot, folder, **settings) as (_, url):
        yield url


@asynccontextmanager
async def started(bot: Callable[[], Any], folder: Path, **settings: Any) -> AsyncIterator[tuple[Gateway, str]]:
    """Do what ``running`` does, and return the gateway too."""
    with bind("127.0.0.1", 0) as listener:
        config = GatewaySettings(
            _env_file=None,
            data_dir=folder,
            database_url=f"sqlite:///{folder}/gateway.db",
            port=listener.getsockname()[1],
            **settings,
        )
        only = {name: platform for name, platform in registry().items() if name == "chatkit"}
        gateway = Gateway(on_real_platforms(config, register(bot), only))
        async with gateway, serving(gateway.asgi, listener):
            try:
                yield gateway, config.local_url
            finally:
                await gateway.drain()
