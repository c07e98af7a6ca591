"""Several replicas of a bot in this process, on one PostgreSQL database, each with a folder of its own."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from gateway.app import Gateway
from gateway.bootstrap import on_real_platforms
from gateway.platforms import registry
from gateway.serving.server import bind
from gateway.settings import GatewaySettings
from gateway.testing.serving import serving
from tests.support.bot import register
from tests.support.postgres import tables


class RunningReplica(NamedTuple):
    """A replica that serves at ``url``."""

    gateway: Gateway
    url: str
    folder: Path
    """Its own."""


@asynccontextmanager
async def chatkit_replicas(
    bot: Callable[[], Any], folder: Path, *, number: int = 2, **settings: Any
) -> AsyncIterator[Sequence[RunningReplica]]:
    """Serve a bot on ChatKit from several replicas until the block ends. ``settings`` are GatewaySettings fields; the
    tests set ``GATEWAY_API_KEYS``."""
    only = {name: platform for name, platform in registry().items() if name == "chatkit"}
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(tables())
        replicas: list[RunningReplica] = []
        for each in range(number):
            listener = stack.enter_context(bind("127.0.0.1", 0))
            config = GatewaySettings(
                _env_file=None,
                data_dir=folder / f"replica{each}",
                database_url=url,
                blob_url=f"file://{folder}/blobs",
                port=listener.getsockname()[1],
                drain_timeout=1,
                **settings,
            )
            gateway = Gateway(on_real_platforms(config, register(bot), only))
            await stack.enter_async_context(gateway)
            await stack.enter_async_context(serving(gateway.asgi, listener))
            stack.push_async_callback(gateway.drain)
            replicas.append(RunningReplica(gateway, config.local_url, config.data_dir))
        yield replicas
