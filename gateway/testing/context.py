"""``bot``: runs a bot on an emulated platform for as long as a test needs it."""

import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.drivers.emulated import PLATFORMS, emulated
from gateway.errors import SettingsError
from gateway.platforms import registry
from gateway.testing.isolation import environment
from gateway.testing.log import Log
from gateway.testing.running import RunningBot, failed_to_start
from gateway.testing.story import Story
from gateway.testing.user import User


@asynccontextmanager
async def bot(
    target: str | Path,
    *,
    platform: str = "slack",
    settings: Mapping[str, object] | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 10.0,
) -> AsyncGenerator[User]:
    """Run a bot on an emulated platform, and yield a person who talks with it in direct messages.

    The bot's file is imported anew, its store begins empty, and the developer's own credentials, ``.env`` and
    ``gateway.toml`` are not read. It all ends with the block.

    Args:
        target: The path of the bot's file, or ``module:package.bot`` for a module that can be imported.
        platform: ``slack``, ``discord`` or ``teams``.
        settings: Settings of the gateway and of the platform by their names in the README:
            ``{"GATEWAY_TURN_TIMEOUT": 5}``. Two are others than without a test: ``GATEWAY_TURN_RETRIES`` is 0, so that
            a handler that raises fails the test at once, and ``GATEWAY_DRAIN_TIMEOUT`` is 2.
        env: Environment variables that the bot's own code reads.
        timeout: Seconds that ``User.sees`` and its kin wait unless they are told otherwise.

    Raises:
        SettingsError: The bot cannot be imported, a setting does not fit, or there is no such platform.
    """
    if platform not in PLATFORMS:
        raise SettingsError(f"there is no emulated platform {platform!r}; there are: {', '.join(PLATFORMS)}")
    hidden = frozenset[str]().union(*(each.settings_variables() for each in registry().values()))
    log = Log()
    with tempfile.TemporaryDirectory(prefix="gateway-test-", ignore_cleanup_errors=True) as folder:
        own = {"GATEWAY_DATA_DIR": folder, **(env or {})}
        with environment(own, hidden=hidden), log.captured():
            async with emulated(platform) as driver:
                running = RunningBot(target, driver, settings or {}, Path(folder), log)
                log.on_error = driver.wake
                try:
                    await running.start()
                except SettingsError as error:
                    raise SettingsError(failed_to_start(error, log, running.folder)) from error
                try:
                    yield User(running, Story(driver), timeout=timeout)
                finally:
                    await running.stop()
