"""Handles what a client sends to the gateway: IDENTIFY, RESUME, heartbeats, and what it must not send.

https://docs.discord.com/developers/events/gateway; close codes: .../topics/opcodes-and-status-codes#gateway.
"""

import time
from collections import deque
from typing import Any

import orjson

from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON
from gateway.emulators.discord import wire
from gateway.emulators.discord.applications import Application
from gateway.emulators.discord.sessions import Attachment, Connection, Session, ready
from gateway.emulators.discord.values import KNOWN_INTENTS, PRIVILEGED, Intent
from gateway.emulators.discord.world import World

MAX_PAYLOAD = 4_096
"""Bytes of a client's command. A longer one ends the connection with close code 4002 (Discord's guide on the
gateway)."""
MAX_COMMANDS = 120
"""Commands a client may send within ``COMMANDS_SECONDS`` (Discord's guide on the gateway, rate limiting)."""
COMMANDS_SECONDS = 60.0
"""Seconds in which a client may send ``MAX_COMMANDS`` commands."""
IDENTIFY_SECONDS = 5.0
"""Seconds in which one IDENTIFY is allowed (``max_concurrency`` 1)."""
MAX_ATTACHMENTS = 1_000
"""Websockets remembered in ``Handshake.attachments``."""
MAX_SESSIONS = 100
"""Sessions kept; the oldest are forgotten first."""


class Closed(Exception):
    """A client did something that ends its connection with a close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Handshake:
    """Handles the commands of clients. ``acks``: answer heartbeats. ``resumable``: let lost sessions be resumed. Tests
    can switch both off at any time."""

    def __init__(
        self,
        world: World,
        application: Application,
        observers: Observers,
        *,
        session_timeout: float,
        resume_buffer: int,
        limited: bool,
    ) -> None:
        self.acks = True
        self.resumable = True
        self.sessions: dict[str, Session] = {}
        self.identifies = 0
        self.wanted_shards = 1
        """How many shards the bot needs at least, for as many servers as it is in."""
        self.resumes = 0
        self.attachments: deque[Attachment] = deque(maxlen=MAX_ATTACHMENTS)
        """The websockets that identified or resumed, oldest first."""
        self._world = world
        self._application = application
        self._observers = observers
        self._session_timeout = session_timeout
        self._resume_buffer = resume_buffer
        self._limited = limited
        self._identified_at = -IDENTIFY_SECONDS

    def receive(self, connection: Connection, data: str | bytes) -> None:
        """Perform what a client's frame asks for. Raises ``Closed`` when that ends the connection."""
        if len(data) > MAX_PAYLOAD:
            raise Closed(4002, "Error while decoding payload.")
        try:
            given = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise Closed(4002, "Error while decoding payload.") from None
        if not isinstance(given, dict) or not isinstance(given.get("op"), int):
            raise Closed(4002, "Error while decoding payload.")
        now = time.monotonic()
        if self._limited and len(connection.sent_at) == MAX_COMMANDS and now - connection.sent_at[0] < COMMANDS_SECONDS:
            raise Closed(4008, "You are being rate limited.")
        connection.sent_at.append(now)
        self._command(connection, given["op"], given.get("d"))

    def _command(self, connection: Connection, op: int, data: Any) -> None:
        if op == 1:
            connection.last_heartbeat = time.monotonic()
            if self.acks:
                connection.op(11)
            return
        if op not in (2, 3, 4, 6, 8):
            raise Closed(4001, "Unknown opcode.")
        if not isinstance(data, dict):
            raise Closed(4002, "Error while decoding payload.")
        if op in (2, 6):
            if connection.session is not None:
                raise Closed(4005, "Already authenticated.")
            if data.get("token") != self._world.token:
                raise Closed(4004, "Authentication failed.")
            self._identify(connection, data) if op == 2 else self._resume(connection, data)
        elif connection.session is None:
            raise Closed(4003, "Not authenticated.")
        elif op == 8:
            self._request_members(connection.session, data)

    def _identify(self, connection: Connection, data: JSON) -> None:
        shard = data.get("shard", [0, 1])
        if not _is_shard(shard):
            raise Closed(4010, "Invalid shard.")
        if shard[1] < self.wanted_shards:
            raise Closed(4011, "Sharding required.")
        intents = data.get("intents")
        if not isinstance(intents, int) or intents < 0 or intents & ~KNOWN_INTENTS:
            raise Closed(4013, "Invalid intent(s).")
        if intents & PRIVILEGED & ~self._application.intents:
            raise Closed(4014, "Disallowed intent(s).")
        now = time.monotonic()
        if self._limited and now - self._identified_at < IDENTIFY_SECONDS:
            connection.op(9, False)
            return
        self._identified_at = now
        self.identifies += 1
        session = Session(Intent(intents), (shard[0], shard[1]), buffer=self._resume_buffer)
        self._attach(session, connection, resumed=False)
        self.sessions[session.id] = session
        if len(self.sessions) > MAX_SESSIONS:
            del self.sessions[next(iter(self.sessions))]
        self._begin(session)

    def _begin(self, session: Session) -> None:
        world = self._world
        mine = [g for g in world.guilds.values() if world.bot.id in g.members and session.takes(g.id)]
        first = ready(
            session,
            user=wire.user(world.bot),
            guilds=[{"id": g.id, "unavailable": True} for g in mine],
            application={"id": world.application_id, "flags": self._application.flags},
            resume_url=f"{world.base.replace('http', 'ws', 1)}/gateway/",
        )
        session.dispatch("READY", orjson.dumps(first))
        if session.intents & Intent.GUILDS:
            everyone = bool(session.intents & Intent.GUILD_PRESENCES)
            for guild in mine:
                created = wire.guild_created(world, guild, all_members=everyone)
                session.dispatch("GUILD_CREATE", orjson.dumps(created))
        self._observers.changed()

    def _resume(self, connection: Connection, data: JSON) -> None:
        self.prune()
        session = self.sessions.get(str(data.get("session_id"))) if self.resumable else None
        seq = data.get("seq")
        if session is None or not isinstance(seq, int):
            connection.op(9, False)
            return
        if seq > session.seq:
            raise Closed(4007, "Invalid seq.")
        if session.connection is not None:
            session.connection.drop()
        self._attach(session, connection, resumed=True)
        if not session.replay(seq):
            self._detach(connection)
            connection.session = session.connection = None
            del self.sessions[session.id]
            connection.op(9, False)
            return
        self.resumes += 1
        session.resumed()
        self._observers.changed()

    def _attach(self, session: Session, connection: Connection, *, resumed: bool) -> None:
        connection.session, session.connection, session.lost_at = session, connection, None
        connection.attachment = Attachment(session.shard[0], resumed, time.monotonic())
        self.attachments.append(connection.attachment)

    @staticmethod
    def _detach(connection: Connection) -> None:
        """Note that a websocket carries no events any more."""
        if connection.attachment is not None:
            connection.attachment.until = time.monotonic()

    def _request_members(self, session: Session, data: JSON) -> None:
        guild = self._world.guilds.get(str(data.get("guild_id")))
        if guild is None or self._world.bot.id not in guild.members:
            return
        wanted = data.get("user_ids")
        found = list(guild.members.values())
        if wanted is not None:
            ids = wanted if isinstance(wanted, list) else [wanted]
            found = [m for m in found if m.user.id in ids][:100]
        else:
            query, limit = str(data.get("query", "")).lower(), data.get("limit", 0)
            if not query and not limit and not session.intents & Intent.GUILD_MEMBERS:
                return
            found = [m for m in found if m.user.username.startswith(query)][: limit or None]
        chunk: JSON = {
            "guild_id": guild.id,
            "members": [wire.member(m) for m in found],
            "chunk_index": 0,
            "chunk_count": 1,
        }
        if isinstance(data.get("nonce"), str) and len(data["nonce"].encode()) <= 32:
            chunk["nonce"] = data["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", orjson.dumps(chunk))

    def prune(self) -> None:
        """Forget the sessions that were lost too long ago to be resumed."""
        now = time.monotonic()
        for session in list(self.sessions.values()):
            if session.lost_at is not None and now - session.lost_at > self._session_timeout:
                del self.sessions[session.id]


def _is_shard(given: object) -> bool:
    if not isinstance(given, list) or len(given) != 2 or not all(isinstance(each, int) for each in given):
        return False
    number, count = given
    return bool(0 <= number < count)
