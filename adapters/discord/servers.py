"""Looks up what GUILD_CREATE tells of a server, where this process was not told."""

import asyncio
import time

from adapters.discord.api import Api
from adapters.discord.directory import Directory
from adapters.discord.fields import as_object
from adapters.fields import Json
from gateway.errors import GatewayError

_STALE = 600.0
"""Seconds after which a server that nothing is heard of is looked up again, when a name in it is not known."""
_KEPT = 1_000


class Servers:
    """Looks servers up by Discord's API."""

    def __init__(self, api: Api, directory: Directory) -> None:
        self._api = api
        self._directory = directory
        self._named: dict[str, float] = {}
        """When each server was last looked up for its names, by the monotonic clock in seconds."""

    async def fetch(self, guild: str) -> Json:
        """Return the channels, open threads and roles of a server, as GUILD_CREATE has them."""
        paths = ("/guilds/{guild_id}/channels", "/guilds/{guild_id}/threads/active", "/guilds/{guild_id}/roles")
        channels, threads, roles = await asyncio.gather(
            *(self._api.call("GET", path, {"guild_id": guild}) for path in paths)
        )
        return {"id": guild, "channels": channels, "threads": as_object(threads).get("threads"), "roles": roles}

    async def learn_names(self, guild: str) -> None:
        """Put the names of a server's channels and roles into the directory, where another replica hears of the server.
        What cannot be looked up stays unknown, which is logged once."""
        now = time.monotonic()
        if self._directory.follows(guild) or now - self._named.get(guild, -_STALE) < _STALE:
            return
        if len(self._named) >= _KEPT:
            self._named.clear()
        self._named[guild] = now
        try:
            self._directory.guild(await self.fetch(guild))
        except GatewayError as error:
            self._api.note(f"names:{guild}", error=str(error))
