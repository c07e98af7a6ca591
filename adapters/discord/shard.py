"""Holds one connection to Discord's gateway; discord.py's socket does heartbeats, resuming and decompression.

Theory. A ``discord.Client`` would build a message object of every dispatch, and cache what it has seen. The adapter
wants neither: the JSON itself is stored, and nothing may grow with traffic. So the client's parsers are replaced by the
adapter's own, which get Discord's payload, and its event dispatch is off.

A lost connection is resumed, also one of another process (``ResumeStore``): Discord sends again what came after the
sequence number it is told, which is the one up to which everything is stored (``Progress``). Only where Discord has
ended the session does a new one begin; what was said meanwhile is then lost to every bot. Reading stops while too much
waits to be stored (``Intake.room``): then Discord keeps it.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
import yarl

from adapters.discord.api import Api
from adapters.discord.errors import REFUSED
from adapters.discord.manifest import INTENTS, bits
from adapters.discord.pace import IdentifyPace
from adapters.discord.progress import Mark, Progress
from adapters.discord.resume import ResumeStore, Session
from adapters.discord.sdk import ReconnectWebSocket, discord
from adapters.discord.socket import Room, Socket, Unreadable

RETRY = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds before each attempt to reconnect; the last one repeats."""
OPENING = 30.0
"""Seconds a connection may take until HELLO, and a new session until READY."""
RESUMING = 15.0
"""Seconds until the first dispatch after RESUME; a gateway that sends none does not know RESUME."""
TRUSTED = 5.0
"""Seconds a connection has to last to count as working, after one that became unreadable."""
BRIEF = 1.0
"""Seconds: after a connection that ended sooner the next one is not opened at once."""
_OWN_GATEWAY = "gateway.discord.gg"
_STUBBORN = 3
"""Attempts to resume at the address Discord named before the common address is tried; also the connections closed upon
RESUME before the session is given up."""
_RESUMABLE, _OVER = 4000, 1000
"""Close codes after which Discord keeps the session, and after which it ends it (Gateway, "Disconnecting": 1000 and
1001)."""

# Close codes after which coming back cannot help (Gateway close event codes).
_FATAL = {
    4004: REFUSED,
    4010: "DISCORD_SHARDS: Discord does not know that shard",
    4011: "DISCORD_SHARDS: the bot is in so many servers that Discord wants more gateway connections; raise it, "
    "or set it to auto",
    4012: "Discord no longer speaks this version of its gateway: update discord.py",
    4013: "Discord does not know the intents asked for: update discord.py",
    4014: (
        "Discord refuses the intent MESSAGE_CONTENT: switch on Message Content Intent on the application's page Bot in "
        "the Developer Portal"
    ),
}

_TOO_FEW = 4011
"""Close code of a bot that is in too many servers for its shards."""
_ENDED = frozenset({4007, 4009})
"""Close codes after which nothing can be resumed: an unknown sequence number, a session too old."""

log = structlog.get_logger(__name__)

Parser = Callable[[Any], None]
"""A function that takes the data of one dispatch."""


class _Over(Exception):
    """Raised when the session cannot be resumed."""


class Shard(discord.Client):
    """One gateway connection. ``run_until_fatal`` reconnects until it is cancelled or meets what only the operator can
    mend. A shard is run once."""

    def __init__(
        self,
        api: Api,
        resume_store: ResumeStore,
        pace: IdentifyPace,
        *,
        gateway_url: str,
        shard: int,
        shards: int,
        settled: asyncio.Event | None = None,
    ) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # a bot that writes needs no voice
        super().__init__(
            intents=discord.Intents._from_value(bits(INTENTS)),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            shard_id=shard if shards > 1 else None,
            shard_count=shards if shards > 1 else None,
        )
        self.http = self._connection.http = api.http
        self._gateway = yarl.URL(gateway_url)
        self._resume_store = resume_store
        self._pace = pace
        self._session: Session | None = None
        self._progress = Progress()
        self._taking: Room | None = None
        self._failures = 0
        self._refusals = 0
        self._reached = 0
        """The highest sequence number that was read before the last RESUME."""
        self._mistrusted = False
        """Whether the last connection ended because nothing could be read any more."""
        self._trusting: asyncio.TimerHandle | None = None
        self._index = shard
        self.settled = settled or asyncio.Event()
        """Set once the connection is up, or it is known why it cannot be."""
        self.since: float | None = None
        """Since when the connection is up, in seconds since the epoch; None while it is not."""
        self.trouble: str | None = "not connected yet"
        """What is wrong with the connection; None if nothing is."""
        self.fatal: str | None = None
        """What the operator has to change before there can be a connection; None if nothing."""
        self.too_few = False
        """Whether Discord wants more shards."""

    def listen(self, parsers: Mapping[str, Parser], taking: Room) -> None:
        """Set who receives the dispatches; called before ``run_until_fatal``."""
        begin, again = parsers["READY"], parsers["RESUMED"]

        def ready(data: Any) -> None:
            begin(data)
            self._progress.session = data["session_id"]
            self._session = Session(yarl.URL(data["resume_gateway_url"]), self._progress)
            self._resume_store.begun()
            self._is_up("discord.connected")

        def resumed(data: Any) -> None:
            self._progress.replaying = False
            again(data)
            self._is_up("discord.resumed")

        self._connection.parsers = {**parsers, "READY": ready, "RESUMED": resumed}
        self._taking = taking

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Ignore discord.py's own events, to which nothing listens."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait as discord.py does: ``IdentifyPace`` makes the pause between two sessions."""

    def mark(self) -> Mark:
        """Return the place of the dispatch that is being read."""
        return self._progress.mark()

    async def keep(self) -> None:
        """Write down how to resume the session, unless it was abandoned."""
        if not self._progress.abandoned:
            await self._resume_store.keep(self._session)

    def abandon(self) -> None:
        """Store nothing more of the session, because another replica may go on with it."""
        self._progress.abandoned = True

    async def keep_up(self) -> None:
        """Write down how to resume the session, again and again until cancelled."""
        while True:
            await self._resume_store.pause()
            await self.keep()

    def _is_up(self, event: str) -> None:
        self._refusals = 0
        self.since = time.time()
        if self._mistrusted:
            self._trusting = self.loop.call_later(TRUSTED, self._is_trusted)
        else:
            self._is_trusted()
        log.info(event, shard=self._index)

    def _is_trusted(self) -> None:
        self._failures, self._mistrusted, self.trouble = 0, False, None
        self.settled.set()

    async def run_until_fatal(self) -> None:
        """Hold the connection, and write down how to resume its session. Returns only when ``fatal`` says why it cannot
        go on."""
        await self._async_setup_hook()
        self._session = await self._resume_store.recall()
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self.keep_up())
            while self.fatal is None:
                await self._pause()
                if self._session is None:
                    await self._pace.turn(self._index)
                await self._one()
            keeping.cancel()

    async def _pause(self) -> None:
        wait = RETRY[min(self._failures, len(RETRY) - 1)]
        if wait > 0:
            # A random pause, because after an outage of Discord all bots reconnect at the same time.
            await asyncio.sleep(wait + random.uniform(0, wait / 4))  # noqa: S311 - spreads load, keeps no secret

    async def _one(self) -> None:
        """Hold one connection from its opening to its end. A session that is over is forgotten."""
        self._failures += 1
        began = self.loop.time()
        opened: Socket | None = None
        code = _RESUMABLE
        try:
            opened = await self._open(self._session)
            if self._session is not None:
                await self._resuming(opened)
            else:
                await self._beginning(opened)
            while True:
                await opened.poll_event()
        except ReconnectWebSocket as end:
            if not end.resume or (opened is not None and opened.socket.close_code in _ENDED):
                self._over("Discord has ended the session")
            else:
                self._lost("asked to come again, or broken off")
        except _Over as end:
            self._over(str(end))
        except discord.ConnectionClosed as end:
            self.fatal = _FATAL.get(end.code)
            self.too_few = end.code == _TOO_FEW
            self._lost(f"closed with {end.code}")
        except asyncio.CancelledError:
            code = _RESUMABLE if self._resume_store.outlives else _OVER
            raise
        except Exception as error:
            # Discord is unreachable or sent something unreadable; in both cases the shard reconnects.
            self._mistrusted = isinstance(error, Unreadable)
            self._lost(f"{type(error).__name__}: {error}"[:200])
        finally:
            if self._trusting is not None:
                self._trusting.cancel()
            if opened is not None:
                await opened.leave(code)
            if self.loop.time() - began < BRIEF:
                self._failures = max(self._failures, 1)

    async def _open(self, session: Session | None) -> Socket:
        async with asyncio.timeout(OPENING):
            socket = await Socket.from_client(
                self,
                initial=session is None,
                gateway=self._address(session),
                shard_id=self.shard_id,
                session=session.id if session is not None else None,
                sequence=session.progress.stored if session is not None else None,
                resume=session is not None,
            )
        if session is None:
            self._progress = Progress()
        else:
            self._progress = session.progress
            self._progress.resume()
        socket.progress, socket.taking = self._progress, self._taking
        self.ws = socket
        return socket

    async def _beginning(self, socket: Socket) -> None:
        """Wait until Discord announces the new session."""
        try:
            async with asyncio.timeout(OPENING):
                while self._session is None:
                    await socket.poll_event()
        except TimeoutError:
            raise Unreadable("no answer to IDENTIFY") from None

    async def _resuming(self, socket: Socket) -> None:
        """Wait until Discord continues the session. A gateway that stays silent, or hangs up again and again at the
        same place, will not continue it."""
        self._refusals = self._refusals + 1 if self._progress.read <= self._reached else 1
        self._reached = self._progress.read
        if self._refusals > _STUBBORN:
            raise _Over("the gateway hangs up on it")
        try:
            async with asyncio.timeout(RESUMING):
                while self._progress.replaying and not self._progress.at:
                    await socket.poll_event()
        except TimeoutError:
            if not self._progress.at:  # otherwise Discord sent more, and there was only no room for it
                raise _Over("no answer to RESUME") from None

    def _address(self, session: Session | None) -> yarl.URL:
        """Return where to resume: the address Discord named, unless the settings name another gateway than Discord's,
        which stands in for every address."""
        if session is None or self._gateway.host != _OWN_GATEWAY or self._failures > _STUBBORN:
            return self._gateway
        return session.gateway

    def _over(self, why: str) -> None:
        """Forget a session that cannot be resumed; a new one follows, so the start goes on waiting."""
        self._session, self._reached = None, 0
        self._resume_store.begun()
        self.since, self.trouble = None, f"no connection to Discord's gateway: {why}"
        log.info("discord.session_over", why=why, shard=self._index)

    def _lost(self, why: str) -> None:
        self.since = None
        self.trouble = self.fatal or f"no connection to Discord's gateway: {why}"
        self.settled.set()
        if self.fatal is not None:
            log.error("discord.settings", error=self.fatal)
        else:
            log.info("discord.disconnected", why=why, shard=self._index)
