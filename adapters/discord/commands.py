"""Registers the bot's slash commands with Discord: the gateway's, and those that handlers set. Commands that others
registered under the same application stay."""

import asyncio
from collections.abc import Sequence

import structlog

from adapters.discord.api import Api
from adapters.discord.directory import Directory
from adapters.discord.limits import COMMAND_COUNT, COMMAND_NAME, DESCRIPTION
from adapters.discord.manifest import command_json
from adapters.discord.written import cut
from adapters.fields import Json, items, text
from gateway.adapter import KeyValueStore
from gateway.errors import GatewayError
from gateway.model import COMMANDS, Command

_PATH = "/applications/{application_id}/commands"
_TOLD = ("name", "type", "description", "options", "contexts", "integration_types")
"""Fields of a command that are compared; Discord adds others."""
_STORED = "discord.commands"
"""The name under which the commands of handlers are stored, so that they are known after a restart."""

log = structlog.get_logger(__name__)


def discord_name(name: str) -> str:
    """Return the name Discord takes for a command: lower case, letters and digits of all scripts, ``-``, ``_`` and
    ``'`` (Application Commands, Application Command Naming). Empty where nothing readable would be left."""
    taken = "".join(each if each.isalnum() or each in "-_'" else "-" for each in name.lower())[:COMMAND_NAME]
    return taken if any(each.isalnum() for each in taken) else ""


class Commands:
    """The bot's commands, registered where Discord's list differs from them. A failure is only logged, because the bot
    also understands commands written as text."""

    def __init__(self, api: Api, directory: Directory, store: KeyValueStore | None) -> None:
        self._api = api
        self._directory = directory
        self._store = store
        self._own: dict[str, Command] = {}
        """The commands that handlers set, by Discord's names for them."""
        self._registering = asyncio.Lock()

    async def recall(self) -> None:
        """Read which commands handlers set before a restart."""
        try:
            stored = await self._store.recall(_STORED) if self._store is not None else None
        except Exception as error:  # whatever the store has: it must not keep the bot from its gateway
            log.warning("discord.commands_unknown", error=str(error)[:200])
            return
        self._take([Command(name=name, description=str(said)) for name, said in (stored or {}).items()])

    async def replace(self, commands: Sequence[Command]) -> None:
        """Take these as the commands of handlers, instead of those before, and register them once connected, under
        names Discord takes. One that is left without a name of its own, or for which there is no room, can still be
        written."""
        before = set(self._own)
        self._take(commands)
        if self._store is not None:
            await self._store.keep(_STORED, {each.name: each.description for each in self._own.values()})
        if self._directory.app:
            await self.register(replaced=before)

    def _take(self, commands: Sequence[Command]) -> None:
        taken: dict[str, Command] = {}
        left_out: list[str] = []
        room = COMMAND_COUNT - len(COMMANDS)
        reserved = {command.name for command in COMMANDS}
        for command in commands:
            name = discord_name(command.name)
            if not name or name in reserved or name in taken or len(taken) == room:
                left_out.append(command.name)
            else:
                taken[name] = command
        if left_out:
            log.warning("discord.commands_left_out", commands=left_out, instead="they can be written")
        self._own = taken
        self._directory.commands = {
            **{command.name: command.name for command in COMMANDS},
            **{name: command.name for name, command in taken.items()},
        }

    def _wanted(self) -> list[Json]:
        own = [
            Command(name=name, description=cut(each.description, DESCRIPTION), argument="Your message")
            for name, each in self._own.items()
        ]
        return [command_json(command) for command in (*COMMANDS, *own)]

    async def register(self, *, replaced: set[str] | None = None) -> None:
        """Register the commands where Discord's list differs; ``replaced`` are names that were ours before."""
        wanted = self._wanted()
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
                if (surplus := len(others) + len(wanted) - COMMAND_COUNT) > 0:
                    log.warning("discord.commands_left_out", count=surplus, instead="they can be written")
                    del wanted[max(len(COMMANDS), len(wanted) - surplus) :]
                await self._api.call("PUT", _PATH, app, json=[*others, *wanted])
            except GatewayError as error:
                log.warning("discord.commands_failed", error=str(error))
            else:
                log.info("discord.commands", commands=sorted(ours))


def _same(there: Json | None, wanted: Json) -> bool:
    if there is None:
        return False
    return all((there.get(name) or []) == (wanted[name] or []) for name in _TOLD)
