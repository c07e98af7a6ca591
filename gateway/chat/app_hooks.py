"""What the bot does when the gateway starts and ends: ``@on_app_startup`` and ``@on_app_shutdown``."""

import asyncio
import traceback

import structlog

from gateway.chat.registry import Callbacks
from gateway.errors import SettingsError
from gateway.runtime.calling import call

log = structlog.get_logger(__name__)


async def run_startup(callbacks: Callbacks) -> None:
    """Call ``on_app_startup``, where it is registered. Raises ``SettingsError``, naming the error and its line, when it
    fails: a bot that is not ready does not start."""
    if callbacks.on_app_startup is None:
        return
    try:
        await call(callbacks.on_app_startup)
    except (Exception, SystemExit) as error:
        # The function is the user's: whatever it raises is theirs to read.
        log.error("bot.startup_failed", exc_info=error)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise SettingsError(f"@on_app_startup failed: {what} ({frame.filename}, line {frame.lineno})") from error


async def run_shutdown(callbacks: Callbacks, *, seconds: float) -> None:
    """Call ``on_app_shutdown``, where it is registered, and wait at most ``seconds`` for it. A failure is logged: the
    gateway ends anyway."""
    if callbacks.on_app_shutdown is None:
        return
    try:
        async with asyncio.timeout(seconds):
            await call(callbacks.on_app_shutdown)
    except (Exception, SystemExit) as error:
        # Nothing else is left to do: the process ends.
        log.error("bot.shutdown_failed", seconds=seconds, exc_info=error)
