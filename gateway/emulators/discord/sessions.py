"""Sessions of the gateway: what a client asked for, and the numbered events it may ask for again."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from dataclasses import dataclass

import orjson
from aiohttp import WSMsgType, web

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.compression import Compress
from gateway.emulators.discord.values import Intent

MAX_UNSENT = 20_000
"""Frames queued for a client that does not read; beyond that its connection is broken."""


@dataclass(slots=True)
class Attachment:
    """The time for which a websocket carried a shard's events, in monotonic seconds. ``until`` is None while it does.
    ``resumed``: it went on with a session of an earlier websocket."""

    shard: int
    resumed: bool
    since: float
    until: float | None = None

    def overlap(self, other: Attachment) -> float:
        """Return the seconds for which two websockets carried the same shard at once."""
        if self.shard != other.shard:
            return 0.0
        now = time.monotonic()
        ends = [now if each.until is None else each.until for each in (self, other)]
        return max(0.0, min(ends) - max(self.since, other.since))


class Connection:
    """One websocket. A task of its own sends the frames in order, compressed as the client asked."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, compress: Compress | None
    ) -> None:
        self.socket = socket
        self.frozen = False
        self.session: Session | None = None
        self.attachment: Attachment | None = None
        self.last_heartbeat = time.monotonic()
        self.sent_at: deque[float] = deque(maxlen=120)
        """The monotonic times of the client's latest commands."""
        self._transport = transport
        self._compress = compress
        self._frames: deque[tuple[bytes, WSMsgType | None]] = deque()
        self._wake = asyncio.Event()
        self._close: tuple[int, str] | None = None

    @property
    def peer(self) -> int | None:
        """The client's TCP port, None when the connection is closed."""
        address = None if self._transport is None else self._transport.get_extra_info("peername")
        return None if address is None else int(address[1])

    @property
    def idle(self) -> bool:
        """Whether all queued frames are sent."""
        return not self._frames

    @property
    def closing(self) -> bool:
        """Whether the connection closes once the queued frames are sent."""
        return self._close is not None

    def send(self, payload: bytes, *, as_it_is: WSMsgType | None = None) -> None:
        """Queue a frame. ``as_it_is`` is the type of a frame that is not compressed although others are."""
        self._frames.append((payload, as_it_is))
        self._wake.set()
        if len(self._frames) > MAX_UNSENT:
            self.drop()

    def op(self, op: int, data: object = None) -> None:
        """Queue a frame of this opcode that is not an event."""
        self.send(orjson.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int, reason: str) -> None:
        """Close the connection once everything queued is sent."""
        self._close = (code, reason)
        self._wake.set()

    def drop(self) -> None:
        """Break the connection without a close frame."""
        self._frames.clear()
        if self._transport is not None:
            self._transport.abort()

    def thaw(self) -> None:
        """Continue to send after ``frozen`` was set."""
        self.frozen = False
        self._wake.set()

    async def write(self) -> None:
        """Send what is queued until the connection closes."""
        while True:
            while self._frames and not self.frozen:
                await self._send(*self._frames[0])
                if self._frames:
                    self._frames.popleft()
            if self._close is not None and not self.frozen:
                code, reason = self._close
                await self.socket.close(code=code, message=reason.encode())
                return
            await self._wake.wait()
            self._wake.clear()

    async def _send(self, payload: bytes, as_it_is: WSMsgType | None) -> None:
        if as_it_is is not None:
            await self.socket.send_frame(payload, as_it_is)
        elif self._compress is None:
            await self.socket.send_frame(payload, WSMsgType.TEXT)
        else:
            await self.socket.send_frame(self._compress(payload), WSMsgType.BINARY)


class Session:
    """What one IDENTIFY began. It outlives its connection for some time, and ``buffer`` keeps its latest events."""

    def __init__(self, intents: Intent, shard: tuple[int, int], *, buffer: int) -> None:
        self.id = secrets.token_hex(16)
        self.intents = intents
        self.shard = shard
        self.seq = 0
        self.buffer: deque[tuple[int, bytes]] = deque(maxlen=buffer)
        self.connection: Connection | None = None
        self.lost_at: float | None = None

    def takes(self, guild_id: str | None) -> bool:
        """Return whether events of this guild (None for outside of guilds) go to this session's shard."""
        number, count = self.shard
        return number == ((int(guild_id) >> 22) % count if guild_id is not None else 0)

    def dispatch(self, name: str, data: bytes) -> None:
        """Number an event (its serialized ``d``), keep it for a resume and send it if the client is connected."""
        self.seq += 1
        frame = b'{"t":"%b","s":%d,"op":0,"d":%b}' % (name.encode(), self.seq, data)
        self.buffer.append((self.seq, frame))
        if self.connection is not None:
            self.connection.send(frame)

    def replay(self, after: int) -> bool:
        """Send the events after a sequence number again. Return False when they are no longer kept."""
        oldest = self.buffer[0][0] if self.buffer else self.seq + 1
        if after + 1 < oldest:
            return False
        assert self.connection is not None
        for seq, frame in self.buffer:
            if seq > after and frame:
                self.connection.send(frame)
        return True

    def resumed(self) -> None:
        """Tell the client that all missed events are sent. The event belongs to the connection and is not replayed
        later."""
        self.dispatch("RESUMED", b'{"_trace":[]}')
        self.buffer[-1] = (self.seq, b"")


def ready(session: Session, *, user: JSON, guilds: list[JSON], application: JSON, resume_url: str) -> JSON:
    """Return the payload of READY."""
    return {
        "v": 10,
        "user": {**user, "verified": True, "mfa_enabled": True, "email": None, "flags": 0},
        "guilds": guilds,
        "session_id": session.id,
        "resume_gateway_url": resume_url,
        "session_type": "normal",
        "shard": list(session.shard),
        "application": application,
        "private_channels": [],
        "relationships": [],
        "user_settings": {},
    }
