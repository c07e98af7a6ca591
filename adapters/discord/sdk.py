"""The parts of discord.py that the adapter uses, imported here so that its import warning about ``audioop`` reaches
nobody."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord.gateway import DiscordWebSocket, ReconnectWebSocket
    from discord.http import HTTPClient, Ratelimit, Route
    from discord.webhook.async_ import AsyncWebhookAdapter

__all__ = [
    "AsyncWebhookAdapter",
    "DiscordWebSocket",
    "HTTPClient",
    "Ratelimit",
    "ReconnectWebSocket",
    "Route",
    "discord",
]
