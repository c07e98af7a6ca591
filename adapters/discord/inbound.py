"""The gateway's dispatches: what each one changes in the directory, and what becomes a delivery.

These are called for every dispatch there is, so what is of no interest is put aside first.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from adapters.discord import envelope
from adapters.discord.api import Api
from adapters.discord.conversations import Unknown
from adapters.discord.directory import HIDDEN, Directory
from adapters.discord.envelope import OWN, Found, Ignored
from adapters.discord.fields import Json, text
from adapters.discord.intake import Intake
from adapters.discord.memory import Memory
from gateway.errors import Forbidden, GatewayError, Gone

_HELD = 500
"""Dispatches that wait until their channel was looked up, at most."""

log = structlog.get_logger(__name__)

Parser = Callable[[Any], None]
Place = Callable[[], str]
"""Session and sequence number of the dispatch being read."""


class Inbound:
    """Reads dispatches. Never raises: what is malformed is counted."""

    def __init__(
        self,
        api: Api,
        directory: Directory,
        memory: Memory,
        *,
        interact: Callable[[Intake, Json], None],
        ready: Callable[[], None],
    ) -> None:
        self._api = api
        self._directory = directory
        self._memory = memory
        self._interact = interact
        self._ready = ready
        self._held: dict[str, list[Callable[[], None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.ignored: Counter[str] = Counter()
        """Dispatches that went no further, by rule."""
        self.failed = 0
        """Dispatches that met a mistake of ours."""

    def parsers(self, intake: Intake, place: Place) -> Mapping[str, Parser]:
        """A function for each dispatch that is read; all others are passed over unseen."""
        directory = self._directory
        table: dict[str, Parser] = {
            "READY": self._on_ready,
            "GUILD_CREATE": directory.guild,
            "CHANNEL_CREATE": directory.channel,
            "CHANNEL_UPDATE": directory.channel,
            "THREAD_CREATE": directory.channel,
            "THREAD_UPDATE": directory.channel,
            "THREAD_LIST_SYNC": directory.threads,
            "GUILD_ROLE_CREATE": directory.role_changed,
            "GUILD_ROLE_UPDATE": directory.role_changed,
            "GUILD_ROLE_DELETE": directory.forget_role,
            "MESSAGE_CREATE": lambda data: self._message("MESSAGE_CREATE", data, intake),
            "MESSAGE_UPDATE": lambda data: self._message("MESSAGE_UPDATE", data, intake),
            "MESSAGE_DELETE": lambda data: self._deleted(data, intake),
            "MESSAGE_DELETE_BULK": lambda data: self._deleted_many(data, intake),
            "MESSAGE_REACTION_ADD": lambda data: self._reaction("MESSAGE_REACTION_ADD", data, intake, place),
            "MESSAGE_REACTION_REMOVE": lambda data: self._reaction("MESSAGE_REACTION_REMOVE", data, intake, place),
            "THREAD_DELETE": lambda data: self._channel_gone("THREAD_DELETE", data, intake),
            "CHANNEL_DELETE": lambda data: self._channel_gone("CHANNEL_DELETE", data, intake),
            "GUILD_DELETE": lambda data: self._guild_gone(data, intake, place),
            "INTERACTION_CREATE": lambda data: self._interact(intake, data),
        }
        return {name: self._guarded(name, parse) for name, parse in table.items()}

    def _guarded(self, name: str, parse: Parser) -> Parser:
        def read(data: Any) -> None:
            if type(data) is not dict:
                self.ignored["malformed"] += 1
                return
            try:
                parse(data)
            except Exception:
                self.failed += 1
                log.exception("discord_dispatch_failed", dispatch=name)

        return read

    def _on_ready(self, data: Json) -> None:
        self._directory.ready(data)
        self._ready()

    def _message(self, kind: str, data: Json, intake: Intake) -> None:
        found = envelope.message(kind, data, self._directory)
        if isinstance(found, Unknown):
            self._look_up(data, lambda: self._message(kind, data, intake))
            return
        if found is OWN and kind == "MESSAGE_CREATE":
            self._memory.sent(text(data, "id"), str(data.get("nonce") or ""))
        self._pass(found, intake)

    def _pass(self, found: Found, intake: Intake) -> None:
        if isinstance(found, Ignored):
            self.ignored[found.why] += 1
        elif not isinstance(found, Unknown):
            intake.take(found)

    def _deleted(self, data: Json, intake: Intake) -> None:
        if self._memory.is_own(text(data, "id")):
            self.ignored["own"] += 1
            return
        self._pass(envelope.deleted(data, self._directory), intake)

    def _deleted_many(self, data: Json, intake: Intake) -> None:
        ids = data.get("ids")
        for id in ids if isinstance(ids, list) else ():
            self._deleted({**data, "id": id}, intake)

    def _reaction(self, kind: str, data: Json, intake: Intake, place: Place) -> None:
        self._pass(envelope.reaction(kind, data, self._directory, place()), intake)

    def _channel_gone(self, kind: str, data: Json, intake: Intake) -> None:
        """A deleted channel takes its threads along."""
        id, guild = text(data, "id"), text(data, "guild_id")
        gone = [envelope.thread_gone(kind, guild, each) for each in self._directory.children(id)]
        gone.append((envelope.thread_gone if kind == "THREAD_DELETE" else envelope.channel_gone)(kind, guild, id))
        self._directory.forget_channel(id)
        for each in gone if guild and id else ():
            intake.take(each)

    def _guild_gone(self, data: Json, intake: Intake, place: Place) -> None:
        guild = text(data, "id")
        if data.get("unavailable") is True or not guild:
            self.ignored["outage"] += 1  # of Discord's: the bot is still in it
            return
        self._directory.forget_guild(guild)
        intake.take(envelope.removed("GUILD_DELETE", guild, place()))

    # What is said in a channel we have not heard of waits until it was looked up, in order.

    def _look_up(self, data: Json, again: Callable[[], None]) -> None:
        channel, guild = text(data, "channel_id"), text(data, "guild_id")
        if channel in self._held:
            if len(self._held[channel]) < _HELD:
                self._held[channel].append(again)
            else:
                log.error("discord_delivery_dropped", channel=channel, why="too much waits for its channel")
            return
        self._held[channel] = [again]
        task = asyncio.create_task(self._fetch(channel, guild))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fetch(self, channel: str, guild: str) -> None:
        found: Json = {}
        passing = False
        try:
            found = await self._api.call("GET", "/channels/{channel_id}", {"channel_id": channel})
        except GatewayError as error:
            passing = not isinstance(error, Forbidden | Gone)
            log.warning("discord_channel_unknown", channel=channel, error=str(error))
        # As open, whatever it says: what is said in an archived thread wakes it.
        known = {name: found[name] for name in ("type", "name", "parent_id") if name in found}
        self._directory.channel({"type": HIDDEN, **known, "id": channel, "guild_id": guild})
        for again in self._held.pop(channel):
            again()
        if passing:
            self._directory.forget_channel(channel)

    async def close(self) -> None:
        """Give up what is being looked up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
