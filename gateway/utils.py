"""The documented import path of what other applications call."""

import re
from contextlib import suppress
from pathlib import Path

from starlette.applications import Starlette

from gateway.loading import file_of
from gateway.mounting import mount_gateway

__all__ = ["mount_chainlit", "mount_gateway"]


def mount_chainlit(app: Starlette, target: str | Path, path: str = "/chainlit") -> None:
    """Let an application serve a Chainlit app's bot below a prefix: ``mount_gateway`` under Chainlit's name, for a file
    that says ``import chainlit`` or ``import gateway``.

    Args:
        app: The application, FastAPI's or Starlette's, before it is served.
        target: The path of the bot's file; or ``module:package.bot``.
        path: The prefix.

    Raises:
        gateway.errors.SettingsError: As ``mount_gateway`` says.
    """
    mount_gateway(app, path, target, compat="chainlit" if _says_chainlit(target) else None)


def _says_chainlit(target: str | Path) -> bool:
    """Return whether the bot imports ``chainlit``. What cannot be read is told by whoever imports it."""
    with suppress(OSError):
        path = file_of(target)
        return path is not None and re.search(rb"^\s*(import|from)\s+chainlit\b", path.read_bytes(), re.M) is not None
    return False
