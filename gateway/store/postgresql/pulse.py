"""The heartbeat of a replica, in a thread of its own: a handler that blocks the event loop must not end its leases."""

import asyncio
import contextlib
import select
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

import psycopg
import structlog

from gateway.errors import SettingsError, StoreFailed
from gateway.store.postgresql.connection import PostgreSQLConnection
from gateway.store.postgresql.database import NOW, line
from gateway.store.postgresql.deadlines import Deadlines
from gateway.store.postgresql.leases import Membership

log = structlog.get_logger(__name__)

LEASE = 8.0
"""Seconds after a heartbeat for which the leases of a replica are valid, by the database's clock."""
MARGIN = 1.0
"""Seconds before that at which the replica itself takes them to have ended."""
BEAT_EVERY = 1.5
"""Seconds between two heartbeats."""
AGAIN_AFTER = 0.5
"""Seconds between two tries to reach the database."""
STATEMENT = 2.0
"""Seconds that a heartbeat may take."""
CLOCK_OFF = 60.0
"""Seconds by which the clocks of this machine and of the database may differ: platforms sign what they send with the
time, and take signatures of some minutes ago for forged."""
ALL = "gateway_all"
"""The channel on which all replicas listen."""

_JOIN = f"""INSERT INTO replicas (id, version, host, joined_at, until, retired)
    VALUES (?, ?, ?, {NOW}, {NOW} + {LEASE}, ?) RETURNING number, {NOW}"""  # noqa: S608
_BEAT = f"UPDATE replicas SET until = {NOW} + {LEASE} WHERE number = ? AND id = ? AND until > {NOW} RETURNING {NOW}"  # noqa: S608
_LOOK = f"""SELECT count(*) FILTER (WHERE NOT retired AND until > {NOW}),
    count(*) FILTER (WHERE until < {NOW}) FROM replicas"""  # noqa: S608
_LEAVE = (
    "UPDATE deliveries SET started = 0, revived = 1 WHERE state = 0 AND started = {number:d}",
    "DELETE FROM leases WHERE replica = {number:d}",
    "DELETE FROM replicas WHERE number = {number:d} AND id = '{id}'",
)
"""A replica that was fenced leaves its turns to be run again, not counted as interrupted."""
_DIE = (
    "DELETE FROM leases WHERE replica = {number:d}",
    "UPDATE replicas SET until = 0 WHERE number = {number:d} AND id = '{id}'",
)
"""A replica that ends leaves what it did not hand over as if it had died: others bury it."""


def channel(number: int) -> str:
    """Return the channel on which one replica listens."""
    return f"gateway_{number:d}"


def clock() -> float:
    """Return seconds that go on while the machine sleeps, where the system counts such."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Pulse:
    """Joins the cluster, renews the lease of this replica, and takes what others tell.

    Args:
        connect: Makes a connection.
        deadlines: What gives up a connection that does not answer.
        version: The gateway's version, for operators.
    """

    def __init__(self, connect: Callable[[], PostgreSQLConnection], *, deadlines: Deadlines, version: str) -> None:
        self._connect = connect
        self._deadlines = deadlines
        self._version = version
        self._id = uuid.uuid4().hex
        self.membership: Membership | None = None
        """The present membership; None before the replica joins, and while it is fenced."""
        self.enlisted = False
        """Whether others may give this replica work: not before it is ready to run turns."""
        self.replicas = 1
        """How many replicas live and are not about to end, as of the last heartbeat."""
        self.skew = 0.0
        """By how many seconds the database's clock is ahead of this machine's, as of the last heartbeat."""
        self._valid_until = 0.0
        self._changing = threading.Lock()
        """Held while it is decided whether the lease has ended."""
        self._may_join = threading.Event()
        """Set once nothing of an earlier membership is left in memory."""
        self._may_join.set()
        self._outgoing: deque[tuple[str, str]] = deque()
        self._stopping = False
        self._connection: PostgreSQLConnection | None = None
        self._former: Membership | None = None
        """The membership that ended and of which the database may know still."""
        self._lost = False
        """Whether it was logged that the database cannot be reached."""
        self._thread: threading.Thread | None = None
        self.on_notice: Callable[[str, str], None] = lambda _channel, _payload: None
        self.on_joined: Callable[[], None] = lambda: None
        self.on_fenced: Callable[[], None] = lambda: None
        self.on_dead: Callable[[], None] = lambda: None

    # On the event loop

    async def start(self) -> None:
        """Join the cluster. Raises ``SettingsError`` or ``StoreFailed`` where that is not possible."""
        self._loop = asyncio.get_running_loop()
        self._stopping = self.enlisted = False  # it may have been stopped before
        self._former = None
        self._id = uuid.uuid4().hex  # whoever buries the one that was stopped ends the connections of that name
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        joined: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, args=(joined,), name="gateway-pulse", daemon=True)
        self._thread.start()
        self._guard = self._loop.create_task(self._watch_lease())
        try:
            await joined
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Leave the cluster: others may take what this replica had at once."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._guard.cancel()
        self._stopping = True
        self._wake()
        await self._loop.run_in_executor(None, thread.join)
        self._near.close()
        self._far.close()

    @property
    def name(self) -> str:
        """What the server calls the connections of this process, by which others end them once it is dead."""
        return f"gateway {self._id[:12]}"

    @property
    def fenced(self) -> bool:
        """Whether this replica's lease has ended."""
        return self.membership is None or clock() > self._valid_until

    @property
    def clock_problem(self) -> str | None:
        """What is wrong with this machine's clock, None if it agrees with the database's."""
        if abs(self.skew) <= CLOCK_OFF:
            return None
        way = "behind" if self.skew > 0 else "ahead of"
        return f"this machine's clock is {abs(self.skew):.0f} s {way} the database's: set it, by NTP"

    def notify(self, channel: str, payload: str) -> None:
        """Send a notice soon, if the database is there."""
        self._outgoing.append((channel, payload))
        self._wake()

    async def _watch_lease(self) -> None:
        while True:
            await asyncio.sleep(max(0.05, min(LEASE, self._valid_until - clock())))
            with self._changing:
                ended = self.membership is not None and clock() > self._valid_until
                if ended:
                    self._end_membership()

    def _end_membership(self) -> None:
        """Count as fenced from now on; ``_changing`` is held."""
        self._former, self.membership = self.membership, None
        self._may_join.clear()
        self._loop.call_soon_threadsafe(self._told_fenced)

    def _told_fenced(self) -> None:
        log.warning("replica.fenced", reason="its lease could not be renewed in time; it joins again when it can")
        try:
            self.on_fenced()
        finally:
            self._may_join.set()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._near.send(b"x")

    # In the thread

    def _run(self, joined: asyncio.Future[None]) -> None:
        try:
            self._open()
            self._join()
        except Exception as error:
            self._loop.call_soon_threadsafe(joined.set_exception, error)
            return
        self._loop.call_soon_threadsafe(joined.set_result, None)
        while not self._stopping:
            try:
                self._live()
            except (psycopg.Error, StoreFailed, SettingsError) as error:
                if not self._lost:
                    log.warning("pulse.lost", error=line(error))
                self._lost = True
                self._close()
                self._wait(AGAIN_AFTER)
            except Exception:
                log.exception("pulse.failed")  # a replica without a heart would be fenced for ever
                self._close()
                self._wait(AGAIN_AFTER)
        with contextlib.suppress(psycopg.Error):
            if self._connection is not None and self.membership is not None:
                self._die(self._connection, self.membership)
        self.membership = None
        self._close()

    def _open(self) -> PostgreSQLConnection:
        if self._connection is None:
            connection = self._connect()
            self._deadlines.watch(connection)
            connection.native.add_notify_handler(lambda each: self._tell(self.on_notice, each.channel, each.payload))
            connection.run(f"LISTEN {ALL}")
            if self.membership is not None:
                connection.run(f"LISTEN {channel(self.membership.number)}")
            self._connection = connection
            if self.membership is not None:
                self._tell(self.on_notice, channel(self.membership.number), "")  # what came meanwhile was not heard
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _join(self) -> int:
        connection = self._open()
        if self._former is not None:
            self._leave(self._former)
            self._former = None
        sent = clock()
        number: int
        number, now = connection.execute(
            _JOIN, (self._id, self._version, socket.gethostname(), not self.enlisted)
        ).fetchone()
        self._compare(now)
        connection.run(f"LISTEN {channel(number)}")
        self._valid_until = sent + LEASE - MARGIN
        self.membership = Membership(number, self._id)
        self._look(connection)
        return number

    def _leave(self, former: Membership) -> None:
        assert self._connection is not None
        statements = "; ".join(each.format(number=former.number, id=former.id) for each in _LEAVE)
        self._connection.run(
            f"BEGIN; {statements}; SELECT pg_notify('{ALL}', ''); COMMIT; UNLISTEN {channel(former.number)}"
        )

    def _die(self, connection: PostgreSQLConnection, last: Membership) -> None:
        statements = "; ".join(each.format(number=last.number, id=last.id) for each in _DIE)
        connection.run(f"BEGIN; {statements}; SELECT pg_notify('{ALL}', ''); COMMIT")

    def _live(self) -> None:
        """Wait for what others tell, until the next heartbeat, and let the heart beat."""
        connection = self._open()
        if self.membership is None:
            if not self._may_join.wait(AGAIN_AFTER):
                return
            number = self._join()
            log.info("replica.joined_again", number=number)
            self._tell(self.on_joined)
        else:
            self._beat(connection)
        self._lost = False
        end = time.monotonic() + BEAT_EVERY
        while not self._stopping and self.membership is not None and (left := end - time.monotonic()) > 0:
            select.select([connection.native.fileno(), self._far.fileno()], [], [], left)
            with contextlib.suppress(BlockingIOError):
                self._far.recv(4096)
            self._send(connection)
            self._take(connection)

    def _beat(self, connection: PostgreSQLConnection) -> None:
        membership, sent = self.membership, clock()
        assert membership is not None
        row = connection.execute(_BEAT, membership).fetchone()
        with self._changing:
            if self.membership is None:
                return
            if row is None or clock() > self._valid_until:
                self._end_membership()
                return
            self._valid_until = sent + LEASE - MARGIN
        self._compare(row[0])
        self._look(connection)

    def _compare(self, now: float) -> None:
        """Compare this machine's clock with the database's, which says it is ``now``."""
        before = self.clock_problem
        self.skew = now - time.time()
        if (problem := self.clock_problem) is not None and before is None:
            log.error("replica.clock_off", problem=problem)

    def _look(self, connection: PostgreSQLConnection) -> None:
        alive, dead = connection.execute(_LOOK).fetchone()
        self.replicas = max(1, alive)
        if dead:
            self._tell(self.on_dead)

    def _send(self, connection: PostgreSQLConnection) -> None:
        while self._outgoing:
            connection.execute("SELECT pg_notify(?, ?)", self._outgoing.popleft())

    def _take(self, connection: PostgreSQLConnection) -> None:
        native = connection.native.pgconn
        native.consume_input()
        while notice := native.notifies():
            self._tell(self.on_notice, notice.relname.decode(), notice.extra.decode())

    def _tell(self, callback: Callable[..., None], *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            self._loop.call_soon_threadsafe(callback, *args)

    def _wait(self, seconds: float) -> None:
        if not self._stopping:
            select.select([self._far], [], [], seconds)
            with contextlib.suppress(BlockingIOError):
                self._far.recv(4096)
