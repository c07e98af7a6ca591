"""A real gateway (adapter, SDK, HTTP, store) on loopback against the Slack emulator, in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from adapters.slack.adapter import SlackAdapter
from adapters.slack.emulator import SlackEmulator
from adapters.slack.settings import SlackSettings
from gateway.adapter import Surroundings
from gateway.app import Gateway
from gateway.runtime.callbacks import Callbacks, fresh
from gateway.server import bind
from gateway.settings import GatewaySettings


class QuietServer(uvicorn.Server):
    """Leaves the test runner's signal handlers alone."""

    @contextmanager
    def capture_signals(self):
        yield


def register(setup: Callable[[], Any]) -> Callbacks:
    """The registry that a function full of decorators fills."""
    callbacks = fresh()
    setup()
    return callbacks


class RunningBot:
    """A gateway that serves, with its emulated Slack."""

    def __init__(self, gateway: Gateway, slack: SlackEmulator, url: str) -> None:
        self.gateway = gateway
        self.slack = slack
        self.url = url


def slack_settings(slack: SlackEmulator) -> SlackSettings:
    env = slack.environment()
    return SlackSettings(
        bot_token=env["SLACK_BOT_TOKEN"], signing_secret=env["SLACK_SIGNING_SECRET"], api_url=env["SLACK_API_URL"]
    )


@asynccontextmanager
async def running_bot(
    slack: SlackEmulator, callbacks: Callbacks, data: Path, **settings: Any
) -> AsyncIterator[RunningBot]:
    """Serve the bot until the block ends; ``settings`` are GatewaySettings fields."""
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        config = GatewaySettings(
            _env_file=None, data_dir=data, database_url=f"sqlite:///{data}/gateway.db", port=port, **settings
        )
        adapter = SlackAdapter(slack_settings(slack), Surroundings(max_body_bytes=config.max_body_bytes))
        gateway = Gateway(
            settings=config,
            callbacks=callbacks,
            adapters={"slack": adapter},
        )
        server = QuietServer(uvicorn.Config(gateway.asgi, lifespan="off", access_log=False, log_config=None, ws="none"))
        async with gateway:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            url = f"http://127.0.0.1:{port}"
            slack.deliver_to(url)
            try:
                yield RunningBot(gateway, slack, url)
            finally:
                await gateway.drain()
                server.should_exit = True
                await serving
