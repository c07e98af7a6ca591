"""``chainlit.discord.app``."""

from gateway.discord.app import client

__all__ = ["client"]
