"""The commands of a bot, over all its conversations: what a platform lists for everybody, whoever may use it where."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import structlog

from gateway.egress import Sender
from gateway.errors import PlatformError
from gateway.model import Command, ConversationRef
from gateway.ports import KeyValues

log = structlog.get_logger(__name__)

LIMIT = 90
"""Commands that are listed, those set last; with the gateway's own, no platform takes many more."""
KEEP = 30 * 86_400.0
"""Seconds after which a command that no conversation set again leaves the list."""
REFRESH = 86_400.0
"""Seconds after which it is written down again that a command is still set."""


class CommandList:
    """The list of each platform, stored, so that a restart does not shorten it. A platform is told of its list when it
    changes and once after each start."""

    def __init__(self, store: KeyValues, sender: Sender, *, shared: bool = False) -> None:
        """``shared``: other replicas list commands in the same store."""
        self._store = store
        self._shared = shared
        self._sender = sender
        self._listed: dict[str, dict[str, dict[str, Any]]] = {}
        """The description of each command and when it was last set, by platform and name."""
        self._changing = asyncio.Lock()

    async def add(self, to: ConversationRef, commands: Sequence[Command]) -> None:
        """Add the commands of a conversation to the list of its platform. That the platform does not take them is only
        logged: people can write them all the same."""
        async with self._changing:
            first = to.platform not in self._listed
            known = None if self._shared else self._listed.get(to.platform)  # other replicas may have listed more
            listed = known or await self._stored(to.platform)
            now = time.time()
            fresh = {name: each for name, each in listed.items() if now - each["at"] < KEEP}
            for command in commands:
                since = fresh.pop(command.name, {}).get("at", 0.0)
                at = since if now - since < REFRESH else now
                fresh[command.name] = {"description": command.description, "at": at}
            fresh = dict(list(fresh.items())[-LIMIT:])
            if fresh == listed and not first:
                return
            self._listed[to.platform] = fresh
            if fresh != listed:
                await self._store.put_value("gateway", _name(to.platform), {"commands": fresh})
            if first or _told(fresh) != _told(listed):
                await self._tell(to, fresh)

    async def _tell(self, to: ConversationRef, listed: dict[str, dict[str, Any]]) -> None:
        commands = [
            Command(name=name, description=each["description"] or name, argument="Your message")
            for name, each in sorted(listed.items())
        ]
        try:
            await self._sender.set_commands(to, commands)
        except PlatformError as error:
            log.warning("commands.unlisted", platform=to.platform, error=str(error))

    async def _stored(self, platform: str) -> dict[str, dict[str, Any]]:
        body = await self._store.get_value("gateway", _name(platform))
        return {} if body is None else dict(body["commands"])


def _name(platform: str) -> str:
    return f"commands:{platform}"


def _told(listed: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: each["description"] for name, each in listed.items()}
