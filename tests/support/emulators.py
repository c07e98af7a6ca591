"""Runs an emulator for as long as a test needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from gateway.adapter import Emulator

E = TypeVar("E", bound=Emulator)


@asynccontextmanager
async def started(emulator: E) -> AsyncIterator[E]:
    """Serve an emulator on a free port until the block ends, however it ends."""
    await emulator.start()
    try:
        yield emulator
    finally:
        await emulator.stop()


def settings_of(emulator: Emulator) -> dict[str, str]:
    """Return an emulator's environment under the names of the fields of its adapter's settings."""
    return {name.lower().removeprefix(f"{emulator.name}_"): value for name, value in emulator.environment().items()}
