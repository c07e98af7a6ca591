"""The documented import path of what other applications call."""

from pathlib import Path

from starlette.applications import Starlette

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
    mount_gateway(app, path, target)
