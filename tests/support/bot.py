"""A real gateway (adapters, SDKs, HTTP, store) on loopback against emulated platforms, in this process."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway.app import Gateway
from gateway.bootstrap import Given, Wrap, adapter_context, compose, file_parts
from gateway.chat.registry import Callbacks, fresh
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.ingress.activity import ConversationActivity
from gateway.serving.server import bind
from gateway.settings import GatewaySettings
from gateway.store import open_store
from gateway.tables import Tables, read_document, read_tables
from gateway.testing.serving import serving
from tests.contract.world import World
from tests.slack.world import SlackWorld


def register(setup: Callable[[], Any]) -> Callbacks:
    """Call a function full of decorators, and return the registry that it fills."""
    callbacks = fresh()
    setup()
    return callbacks


class RunningBot:
    """A gateway that serves at ``url``."""

    def __init__(self, gateway: Gateway, url: str, activity: ConversationActivity) -> None:
        self.gateway = gateway
        self.url = url
        self.activity = activity


@asynccontextmanager
async def running_bot(
    on: World | SlackEmulator | Sequence[World],
    callbacks: Callbacks,
    data: Path,
    *,
    tables: str = "",
    wrap: Wrap | None = None,
    **settings: Any,
) -> AsyncIterator[RunningBot]:
    """Serve the bot on one or more platforms until the block ends; ``settings`` are GatewaySettings fields, ``tables``
    what stands in ``gateway.toml``. The adapters are as ``wrap`` makes them."""
    worlds = _worlds(on)
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        config = GatewaySettings(
            _env_file=None, data_dir=data, database_url=f"sqlite:///{data}/gateway.db", port=port, **settings
        )
        kept = file_parts(config)
        store = open_store(config.database_url)
        given = Given.of(config, store, kept)
        context = adapter_context(config, store, kept, given)
        adapters = {world.name: world.adapter(context) for world in worlds}
        if wrap is not None:
            adapters = {name: wrap(adapter, given.activity) for name, adapter in adapters.items()}
        gateway = Gateway(
            compose(
                settings=config,
                callbacks=callbacks,
                adapters=adapters,
                kept=kept,
                store=store,
                given=given,
                tables=tables_of(tables, data),
            )
        )
        async with gateway, serving(gateway.asgi, listener):
            try:
                for world in worlds:
                    world.deliver_to(config.local_url)
                    await world.connected()
                yield RunningBot(gateway, config.local_url, given.activity)
            finally:
                await gateway.drain()


def tables_of(text: str, folder: Path) -> Tables:
    """Return the tables that a ``gateway.toml`` with this text has."""
    file = folder / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    return read_tables(read_document(file))


def _worlds(on: World | SlackEmulator | Sequence[World]) -> Sequence[World]:
    if isinstance(on, SlackEmulator):
        return [SlackWorld(on)]
    return on if isinstance(on, Sequence) else [on]
