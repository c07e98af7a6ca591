"""The store on PostgreSQL: several replicas share it, and each runs the conversations it holds a lease on."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version

import structlog

from gateway.errors import Fenced, StoreFailed
from gateway.ports import Delivery, Lease, Outcome, ReplicaState, Watcher
from gateway.ports.outcomes import NO_OUTCOME
from gateway.store.core.kind import Kind
from gateway.store.core.kinds.deliveries import READ_DEAD, READ_DEATHS, READ_POSTED
from gateway.store.core.kinds.outcomes import BURY_TURN, FAIL_TURN, KEEP
from gateway.store.core.store import DatabaseStore
from gateway.store.core.turns import TurnKinds
from gateway.store.postgresql import outcomes, schema
from gateway.store.postgresql.cluster import Replicas
from gateway.store.postgresql.connection import PostgreSQLConnection
from gateway.store.postgresql.database import PostgreSQLDatabase
from gateway.store.postgresql.deadlines import Deadlines
from gateway.store.postgresql.deliveries import SharedDeliveries
from gateway.store.postgresql.leases import Leases
from gateway.store.postgresql.pulse import ALL, STATEMENT, Pulse
from gateway.store.postgresql.replicas import READ_REPLICAS
from gateway.store.postgresql.server import connected, examine

log = structlog.get_logger(__name__)

WRITING = 8.0
"""Seconds that a statement which changes something may take."""
READING = 30.0
"""Seconds that a statement which only reads may take."""


class PostgreSQLStore(DatabaseStore):
    """Implements ``gateway.ports.Store`` on a PostgreSQL database.

    Each process that opens it is a replica with a heartbeat. With ``replica=False`` it opens beside the replicas (for
    the command line): reading, ``retry`` and ``drop`` work, the rest raises ``Fenced``.

    Args:
        url: The database's URL: ``postgresql://USER@HOST/NAME`` with libpq's parameters.
        replica: Whether this process runs conversations.
    """

    def __init__(self, url: str, *, replica: bool = True) -> None:
        self._url = url
        self._replica = replica
        self._deadlines = Deadlines()
        self._pulse = Pulse(lambda: self._new(STATEMENT), deadlines=self._deadlines, version=version("bot-gateway"))
        self._leases = Leases(lambda: self._pulse.membership)
        self._watcher: Watcher | None = None
        self._burial: asyncio.Task[None] | None = None
        self._replicas = Replicas(
            self._pulse, claim=self.claim, release=self.release, holds=self.holds, held=self._leases.held
        )
        super().__init__(schema.shown(url), self._replicas)
        shared = SharedDeliveries(self._leases)
        self._claim = Kind(shared.claim)
        self._release = Kind(shared.release)
        self._retire = Kind(shared.retire)
        self._enlist = Kind(shared.enlist)
        self._check = Kind(shared.check)
        self._pass_on = Kind(shared.pass_on, owned=False)
        self._end_connections = Kind(shared.end_connections)
        self.turns = TurnKinds(
            put=Kind(shared.put, owned=False, last=True),
            amend=Kind(shared.amend, owned=False, last=True),
            start=Kind(shared.start),
            pause=Kind(shared.pause),
            hand_over=Kind(shared.hand_over),
            recover=Kind(shared.recover),
            deaths=READ_DEATHS,
            pending=Kind(shared.pending, writes=False, owned=False),
            posted=READ_POSTED,
            states=Kind(shared.states, writes=False, owned=False),
            dead=READ_DEAD,
            retry=Kind(shared.retry, owned=False),
            drop=Kind(shared.drop, owned=False),
            finish=Kind(outcomes.finish, patient=True),
            finish_soon=Kind(outcomes.finish),
            answer=Kind(outcomes.answer),
            fail=FAIL_TURN,
            bury=BURY_TURN,
            keep=KEEP,
            record=Kind(outcomes.record),
            effects=Kind(outcomes.effects, writes=False, owned=False),
        )

    async def open(self) -> None:
        if self._writer is not None:
            return
        await asyncio.to_thread(self._examine)
        if self._replica:
            await schema.upgrade(self._url)
        self._leases.begin()
        self._deadlines.start()
        try:
            if self._replica:
                self._pulse.on_notice = self._noticed
                self._pulse.on_joined = self._joined
                self._pulse.on_fenced = self._fenced
                self._pulse.on_dead = self._found_dead
                await self._pulse.start()
            await super().open()
        except BaseException:
            await self._pulse.stop()
            self._deadlines.stop()
            raise

    async def close(self) -> None:
        burial, self._burial = self._burial, None
        if burial is not None:
            burial.cancel()
            with suppress(asyncio.CancelledError):
                await burial
        self._pulse.on_dead = _ignore
        await super().close()
        await self._pulse.stop()
        self._deadlines.stop()

    def _new(self, seconds: float) -> PostgreSQLConnection:
        return connected(self._url, self._pulse.name, seconds=seconds)

    def _examine(self) -> None:
        first, second = self._new(WRITING), self._new(WRITING)
        try:
            examine(first, second)
            if not self._replica:
                schema.check_current(first, self._name)
        finally:
            first.close()
            second.close()

    def _connect(self) -> PostgreSQLDatabase:
        return self._database(self._leases, WRITING)

    def _connect_reader(self) -> PostgreSQLDatabase:
        return self._database(Leases(lambda: None), READING)

    def _database(self, leases: Leases, seconds: float) -> PostgreSQLDatabase:
        return PostgreSQLDatabase(lambda: self._new(seconds), name=self._name, leases=leases, deadlines=self._deadlines)

    # Leases

    def watch(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def holds(self, conversation: str) -> bool:
        return self._leases.holds(conversation)

    async def claim(self, conversation: str) -> Lease | None:
        held = self._leases.claim(conversation)
        if held is not None or not await self._do(self._claim, conversation):
            return held
        return self._leases.claim(conversation)

    async def release(self, lease: Lease) -> None:
        await self._do(self._release, lease.conversation, lease)

    async def pass_on(self, conversation: str) -> None:
        await self._do(self._pass_on, conversation)

    async def retire(self) -> None:
        self._leases.retired = True
        await self._do(self._retire, None)

    async def ping(self) -> None:
        await self._do(self._check, None)

    async def recover(self) -> int:
        await self._do(self._end_connections, None)
        if not self._pulse.enlisted:
            self._pulse.enlisted = True
            await self._do(self._enlist, None)
        return await super().recover()

    # Times are those of the database: this machine's clock may be wrong.

    async def pending(
        self, *, conversation: str | None = None, after: int = 0, now: float, limit: int
    ) -> Sequence[Delivery]:
        return await super().pending(conversation=conversation, after=after, now=now + self._pulse.skew, limit=limit)

    async def fail(
        self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, error: str, not_before: float
    ) -> None:
        await super().fail(lease, key, outcome, error=error, not_before=not_before + self._pulse.skew)

    # What other replicas do

    async def replicas(self) -> Sequence[ReplicaState]:
        membership = self._pulse.membership
        return await self._read(READ_REPLICAS, None if membership is None else membership.number)

    def _noticed(self, channel: str, payload: str) -> None:
        if channel == ALL and payload:
            self._replicas.hear(payload)
        elif self._watcher is not None:
            for conversation in payload.split("\n"):
                self._watcher.woken(conversation or None)

    def _joined(self) -> None:
        if self._watcher is not None:
            self._watcher.woken(None)

    def _fenced(self) -> None:
        self._leases.forget()
        self._replicas.lose()
        if self._watcher is not None:
            self._watcher.fenced()

    def _found_dead(self) -> None:
        if self._writer is not None and (self._burial is None or self._burial.done()):
            self._burial = asyncio.create_task(self._bury())

    async def _bury(self) -> None:
        try:
            await self.recover()
        except (StoreFailed, Fenced) as error:
            log.warning("replica.not_buried", error=str(error))
            return
        if self._watcher is not None:
            self._watcher.woken(None)

    # What is in the database beside rows

    async def index_steps(self, *, new: bool = True) -> bool:
        return False  # the server keeps its index up to date itself

    async def purge_index(self, *, removed_before: float) -> bool:
        return False

    async def scrub(self, *, rewrite: bool) -> bool:
        return True  # the server's own VACUUM frees what was deleted; its log and copies are its operator's

    async def drop_copies(self, person: str) -> Sequence[str]:
        return ()

    async def size(self) -> int:
        return 0


def _ignore() -> None:
    """Take no notice of replicas that died, because the store is being closed."""
