"""What an app written for Chainlit imports from ``chainlit.discord.app``: the gateway's own objects."""

from gateway.discord.app import client

__all__ = ["client"]
