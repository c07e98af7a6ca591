"""Registers the bot's slash commands with Discord: the gateway's, and those that handlers set. Commands that others
registered under the same application stay.

Of several replicas one at a time registers, and it registers what is stored: so the list ends as it was set last,
whichever replica was asked to set it. The others are told, because a command may be used at any of them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from adapters.discord.api import Api
from adapters.discord.directory import Directory
from adapters.discord.fields import as_object
from adapters.discord.limits import COMMAND_COUNT, COMMAND_NAME, DESCRIPTION
from adapters.discord.manifest import command_json
from adapters.discord.written import cut
from adapters.fields import Json, items, text
from adapters.locks import ClusterLocks
from gateway.adapter import Cluster, KeyValueStore
from gateway.errors import GatewayError
from gateway.model import COMMANDS, Command

_PATH = "/applications/{application_id}/commands"
_APPLICATION = "/oauth2/applications/@me"
_TOLD = ("name", "type", "description", "options", "contexts", "integration_types")
"""Fields of a command that are compared; Discord adds others."""
_STORED = "discord.commands"
"""The name under which the commands of handlers are stored, so that they are known after a restart."""

_LOCK = "discord.commands"
"""The lock under which commands are registered, and the topic under which it is told that others are set."""
_PATIENCE = 60.0
"""Seconds to wait for another replica that registers."""

log = structlog.get_logger(__name__)


def discord_name(name: str) -> str:
    """Return the name Discord takes for a command: lower case, letters and digits of all scripts, ``-``, ``_`` and
    ``'`` (Application Commands, Application Command Naming). Empty where nothing readable would be left."""
    taken = "".join(each if each.isalnum() or each in "-_'" else "-" for each in name.lower())[:COMMAND_NAME]
    return taken if any(each.isalnum() for each in taken) else ""


class Commands:
    """The bot's commands, registered where Discord's list differs from them. A failure is only logged, because the bot
    also understands commands written as text."""

    def __init__(
        self,
        api: Api,
        directory: Directory,
        store: KeyValueStore | None,
        cluster: Cluster | None,
        locks: ClusterLocks,
    ) -> None:
        self._api = api
        self._directory = directory
        self._store = store
        self._cluster = cluster
        self._locks = locks
        self._own: dict[str, Command] = {}
        """The commands that handlers set, by Discord's names for them."""
        self._recalling: set[asyncio.Task[None]] = set()

    def listen(self) -> None:
        """Hear from now on of the commands that are set at other replicas."""
        if self._cluster is not None:
            self._cluster.listen(_LOCK, self._heard)

    def _heard(self, told: Mapping[str, Any]) -> None:
        task = asyncio.create_task(self.recall())
        self._recalling.add(task)
        task.add_done_callback(self._recalling.discard)

    async def close(self) -> None:
        """Stop reading what other replicas tell of."""
        for task in self._recalling:
            task.cancel()
        await asyncio.gather(*self._recalling, return_exceptions=True)

    async def recall(self) -> None:
        """Read which commands handlers set before a restart, or at another replica."""
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
        if self._cluster is not None:
            self._cluster.tell(_LOCK, {})
        if self._directory.me:
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
        try:
            async with self._locks.hold(_LOCK, within=_PATIENCE):
                if self._cluster is not None and self._cluster.shared:
                    await self.recall()  # another replica may have registered others meanwhile
                await self._write(replaced or set())
        except (GatewayError, TimeoutError) as error:
            log.warning("discord.commands_failed", error=str(error) or "another replica is still at it")

    async def _write(self, replaced: set[str]) -> None:
        wanted = self._wanted()
        ours = {command["name"] for command in wanted}
        gone = replaced - ours
        app = {"application_id": await self._application()}
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
        log.info("discord.commands", commands=sorted(ours))

    async def _application(self) -> str:
        """Return the application's id, which Discord tells by itself only to who holds a connection."""
        if not self._directory.app:
            self._directory.app = text(as_object(await self._api.call("GET", _APPLICATION, {})), "id")
        return self._directory.app


def _same(there: Json | None, wanted: Json) -> bool:
    if there is None:
        return False
    return all((there.get(name) or []) == (wanted[name] or []) for name in _TOLD)
