"""Reads the gateway's dispatches: what each changes in the directory, and which become deliveries.

These functions run for every dispatch there is, so those of no interest are dropped first.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

import structlog

from adapters.discord import envelope
from adapters.discord.api import Api
from adapters.discord.conversations import Unknown, root_of
from adapters.discord.directory import HIDDEN, Directory
from adapters.discord.envelope import OWN, Found, Ignored
from adapters.discord.fields import as_object
from adapters.discord.intake import Intake
from adapters.discord.progress import Mark
from adapters.discord.recent import RecentMessages
from adapters.discord.servers import Servers
from adapters.fields import Json, text
from gateway.errors import Forbidden, GatewayError, Gone, Rejected
from gateway.model import Envelope

_PAUSES = (1.0, 2.0, 5.0, 10.0)
"""Seconds between attempts to look a server up; after the last one the deliveries go on without it."""
_FOR_GOOD = (Forbidden, Gone, Rejected)
"""Failures of a look-up that no later attempt would mend."""

log = structlog.get_logger(__name__)

Parser = Callable[[Any], None]
"""A function that takes the data of one dispatch."""
DispatchReader = Callable[[Json, Intake, Mark], None]
"""A function that reads the data of one dispatch and hands deliveries to the intake."""


class Inbound:
    """Reads dispatches. Never raises: malformed dispatches are counted."""

    def __init__(
        self,
        api: Api,
        directory: Directory,
        recent: RecentMessages,
        *,
        interact: Callable[[Json, Intake, Mark], None],
        ready: Callable[[], None],
    ) -> None:
        self._api = api
        self._directory = directory
        self._recent = recent
        self._servers = Servers(api, directory)
        self._interact = interact
        self._ready = ready
        self._held: dict[str, list[Callable[[], None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.ignored: Counter[str] = Counter()
        """How many dispatches were ignored, by the name of the rule."""
        self.failed = 0
        """How many dispatches failed because of a programming mistake in the adapter."""

    def parsers(self, intake: Intake, mark: Callable[[], Mark]) -> Mapping[str, Parser]:
        """Return a function for each dispatch that is read; all others are dropped unseen. ``mark`` returns the place
        of the dispatch being read."""
        directory = self._directory

        def taken(read: DispatchReader) -> Parser:
            return lambda data: self._take(read, data, intake, mark())

        table: dict[str, Parser] = {
            "READY": self._on_ready,
            "RESUMED": lambda data: self._ready(),
            "GUILD_CREATE": directory.guild,
            "CHANNEL_CREATE": directory.channel,
            "CHANNEL_UPDATE": directory.channel,
            "THREAD_CREATE": directory.channel,
            "THREAD_UPDATE": directory.channel,
            "THREAD_LIST_SYNC": directory.threads,
            "GUILD_ROLE_CREATE": directory.role_changed,
            "GUILD_ROLE_UPDATE": directory.role_changed,
            "GUILD_ROLE_DELETE": directory.forget_role,
            "MESSAGE_CREATE": taken(partial(self._message, "MESSAGE_CREATE")),
            "MESSAGE_UPDATE": taken(partial(self._message, "MESSAGE_UPDATE")),
            "MESSAGE_DELETE": taken(self._deleted),
            "MESSAGE_DELETE_BULK": taken(self._deleted_many),
            "MESSAGE_REACTION_ADD": taken(partial(self._reaction, "MESSAGE_REACTION_ADD")),
            "MESSAGE_REACTION_REMOVE": taken(partial(self._reaction, "MESSAGE_REACTION_REMOVE")),
            "THREAD_MEMBERS_UPDATE": taken(self._members_changed),
            "THREAD_DELETE": taken(partial(self._channel_gone, "THREAD_DELETE")),
            "CHANNEL_DELETE": taken(partial(self._channel_gone, "CHANNEL_DELETE")),
            "GUILD_DELETE": taken(self._guild_gone),
            "INTERACTION_CREATE": taken(self._interact),
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
                self._failed(name)

        return read

    def _failed(self, dispatch: str) -> None:
        self.failed += 1
        log.exception("discord.dispatch_failed", dispatch=dispatch)

    def _on_ready(self, data: Json) -> None:
        self._directory.ready(data)
        self._ready()

    def _take(self, read: DispatchReader, data: Json, intake: Intake, mark: Mark) -> None:
        if mark.progress.in_hand:
            self.ignored["in_hand"] += 1
        else:
            read(data, intake, mark)

    def _message(self, kind: str, data: Json, intake: Intake, mark: Mark) -> None:
        if self._must_wait(data, intake, mark, partial(self._message, kind)):
            return
        found = envelope.message(kind, data, self._directory)
        if isinstance(found, Unknown):
            channel, guild = text(data, "channel_id"), text(data, "guild_id")
            self._look_up(channel, self._learn_channel(channel, guild))
            self._must_wait(data, intake, mark, partial(self._message, kind))
            return
        if found is OWN and kind == "MESSAGE_CREATE":
            self._recent.sent(text(data, "id"), str(data.get("nonce") or ""))
            self._remember_answer(data)
        if isinstance(found, Envelope) and (channel := text(data, "channel_id")) != found.ref.channel:
            self._recent.asked(text(data, "id"), channel, found.ref.channel)
        self._pass(found, intake, mark)

    def _remember_answer(self, data: Json) -> None:
        """Remember to which conversation a reply of the bot in a channel belongs."""
        channel = self._directory.get(text(data, "channel_id"))
        if channel is not None and not channel.is_thread and (root := root_of(data)):
            self._recent.asked(text(data, "id"), text(data, "channel_id"), root)

    def _pass(self, found: Found, intake: Intake, mark: Mark) -> None:
        if isinstance(found, Ignored):
            self.ignored[found.why] += 1
        elif not isinstance(found, Unknown):
            intake.take(found, mark)

    def _deleted(self, data: Json, intake: Intake, mark: Mark) -> None:
        if self._recent.is_own(text(data, "id")):
            self.ignored["own"] += 1
        elif not self._must_wait(data, intake, mark, self._deleted):
            self._pass(envelope.deleted(data, self._directory, self._recent), intake, mark)

    def _deleted_many(self, data: Json, intake: Intake, mark: Mark) -> None:
        ids = data.get("ids")
        for id in ids if isinstance(ids, list) else ():
            self._deleted({**data, "id": id}, intake, mark)

    def _reaction(self, kind: str, data: Json, intake: Intake, mark: Mark) -> None:
        if not self._must_wait(data, intake, mark, partial(self._reaction, kind)):
            self._pass(envelope.reaction(kind, data, self._directory, self._recent, mark.place), intake, mark)

    def _channel_gone(self, kind: str, data: Json, intake: Intake, mark: Mark) -> None:
        """End the conversations of a deleted channel: those of its threads, and those held in it without a thread."""
        id, guild = text(data, "id"), text(data, "guild_id")
        inside = dict.fromkeys([*self._directory.children(id), *self._recent.roots_in(id)])
        gone = [envelope.thread_gone(kind, guild, each) for each in inside]
        gone.append((envelope.thread_gone if kind == "THREAD_DELETE" else envelope.channel_gone)(kind, guild, id))
        self._directory.forget_channel(id)
        for each in gone if guild and id else ():
            intake.take(each, mark)

    def _members_changed(self, data: Json, intake: Intake, mark: Mark) -> None:
        self._pass(envelope.removed_from_thread(data, self._directory, mark.place), intake, mark)

    def _guild_gone(self, data: Json, intake: Intake, mark: Mark) -> None:
        guild = text(data, "id")
        if data.get("unavailable") is True or not guild:
            self.ignored["outage"] += 1  # of Discord's: the bot is still in it
            return
        self._directory.forget_guild(guild)
        intake.take(envelope.removed("GUILD_DELETE", guild, mark.place), mark)

    # What is said in a channel we have not heard of waits until it was looked up, in order. So it does in a server we
    # have not heard of: a session that an earlier process began does not tell its servers again.

    def _must_wait(self, data: Json, intake: Intake, mark: Mark, read: DispatchReader) -> bool:
        """Return whether the dispatch was put aside, to be read again once the server it needs is known."""
        guild = text(data, "guild_id")
        if not guild:
            return False
        if not self._directory.knows(guild) and guild not in self._held:
            self._look_up(guild, self._learn_server(guild))
        if not self._held:
            return False
        held = self._held.get(guild, self._held.get(text(data, "channel_id")))
        if held is None:
            return False
        mark.hold()
        intake.put_aside()

        def again() -> None:
            try:
                read(data, intake, mark)
            except Exception:
                self._failed("held")
            finally:
                intake.put_back()
                mark.settle()

        held.append(again)
        return True

    def _look_up(self, what: str, learning: Coroutine[Any, Any, None]) -> None:
        self._held[what] = []
        task = asyncio.create_task(learning)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _known(self, what: str) -> None:
        for again in self._held.pop(what):
            again()

    async def _learn_server(self, guild: str) -> None:
        """Look up what GUILD_CREATE would tell of a server. Channels that Discord does not let the bot list are looked
        up one by one."""
        found: Json = {}
        for pause in _PAUSES:
            try:
                found = await self._servers.fetch(guild)
            except GatewayError as error:
                log.warning("discord.server_unknown", guild=guild, error=str(error))
                if isinstance(error, _FOR_GOOD):
                    break
                await asyncio.sleep(pause)
            else:
                break
        try:
            if not self._directory.knows(guild):
                self._directory.guild({**found, "id": guild})
        finally:
            self._known(guild)  # what waits for it goes on, whatever Discord told

    async def _learn_channel(self, channel: str, guild: str) -> None:
        found: Json = {}
        passing = False
        try:
            found = as_object(await self._api.call("GET", "/channels/{channel_id}", {"channel_id": channel}))
        except GatewayError as error:
            passing = not isinstance(error, _FOR_GOOD)
            log.warning("discord.channel_unknown", channel=channel, error=str(error))
        # Taken as open even if it is archived, because a message in an archived thread wakes it.
        known = {name: found[name] for name in ("type", "name", "parent_id") if name in found}
        self._directory.channel({"type": HIDDEN, **known, "id": channel, "guild_id": guild})
        self._known(channel)
        if passing:
            self._directory.forget_channel(channel)

    async def close(self) -> None:
        """Give up the look-ups that are running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
