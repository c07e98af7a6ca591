"""Registers the bot's slash commands with Discord: the gateway's, and those that handlers set. Commands that others
registered under the same application stay."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import structlog

from adapters.discord.api import Api
from adapters.discord.directory import Directory
from adapters.discord.limits import COMMAND_COUNT, DESCRIPTION
from adapters.discord.manifest import command_json
from adapters.fields import Json, items, text
from gateway.adapter import KeyValueStore
from gateway.errors import GatewayError
from gateway.model import COMMANDS, Command

_PATH = "/applications/{application_id}/commands"
# Fields that Discord adds to a registered command.
_TOLD = ("name", "type", "description", "options", "contexts", "integration_types")
# Discord's own rule allows the letters of all scripts (Application Commands, Application Command Naming).
_NAME = re.compile(r"[-_'\w]{1,32}")
_STORED = "discord.commands"
"""The name under which the commands of handlers are stored, so that they are known after a restart."""

log = structlog.get_logger(__name__)


class Commands:
    """The bot's commands, registered where Discord's list differs from them. A failure is only logged, because the bot
    also understands commands written as text."""

    def __init__(self, api: Api, directory: Directory, store: KeyValueStore | None) -> None:
        self._api = api
        self._directory = directory
        self._store = store
        self._own: dict[str, Command] = {}
        """The commands that handlers set, by name."""
        self._registering = asyncio.Lock()

    async def recall(self) -> None:
        """Read which commands handlers set before a restart."""
        stored = await self._store.recall(_STORED) if self._store is not None else None
        for name, description in (stored or {}).items():
            self._own[name] = Command(name=name, description=str(description), argument="Your message")
        self._directory.commands = frozenset((*(command.name for command in COMMANDS), *self._own))

    async def replace(self, commands: Sequence[Command]) -> None:
        """Take these as the commands of handlers, instead of those before, and register them once connected. One whose
        name Discord does not take, or for which it has no room, is left out."""
        before = set(self._own)
        fitting = [command for command in commands if _NAME.fullmatch(command.name) and command.name.islower()]
        taken = fitting[: COMMAND_COUNT - len(COMMANDS)]
        if left_out := sorted({command.name for command in commands} - {command.name for command in taken}):
            log.warning("discord.commands_left_out", commands=left_out)
        self._own = {command.name: command for command in taken}
        self._directory.commands = frozenset((*(command.name for command in COMMANDS), *self._own))
        if self._store is not None:
            await self._store.keep(_STORED, {command.name: command.description for command in taken})
        if self._directory.app:
            await self.register(replaced=before)

    async def register(self, *, replaced: set[str] | None = None) -> None:
        """Register the commands where Discord's list differs; ``replaced`` are names that were ours before."""
        wanted = [command_json(command) for command in (*COMMANDS, *self._own.values())]
        for each in wanted:
            each["description"] = each["description"][:DESCRIPTION]
        ours = {command["name"] for command in wanted}
        gone = (replaced or set()) - ours
        app = {"application_id": self._directory.app}
        async with self._registering:
            try:
                # With translations, because the list below replaces all commands, and those of others must stay.
                there = await self._api.call("GET", _PATH, app, query={"with_localizations": "true"})
                known: dict[str, Json] = {text(each, "name"): each for each in items({"all": there}, "all")}
                if not gone & set(known) and all(_same(known.get(command["name"]), command) for command in wanted):
                    return
                others = [dict(each) for name, each in known.items() if name not in ours | gone]
                await self._api.call("PUT", _PATH, app, json=[*others, *wanted])
            except GatewayError as error:
                log.warning("discord.commands_failed", error=str(error))
            else:
                log.info("discord.commands", commands=sorted(ours))


def _same(there: Json | None, wanted: dict[str, Any]) -> bool:
    if there is None:
        return False
    return all((there.get(name) or []) == (wanted[name] or []) for name in _TOLD)
