"""The store on a database, whichever it is.

SQLAlchemy defines the tables and compiles statements, once each, and executes none: they run through the database's own
driver. On the event loop the store only encodes, queues and waits; the statements run in the writer's thread
(``writer``).
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from gateway.model import Document, Envelope, Record, ThreadDict
from gateway.ports import (
    NO_OUTCOME,
    Address,
    Cluster,
    Condition,
    DeadLetter,
    Delivery,
    DeliveryState,
    EffectRecord,
    FoundPage,
    Lease,
    Noun,
    OutboxItem,
    OutboxSize,
    Outcome,
    PutResult,
    RecordPage,
    RecordQuery,
    RowUpsert,
    SessionRecord,
    ValueOwner,
    WantedAddresses,
)
from gateway.redaction import redact
from gateway.store.core import codec
from gateway.store.core.database import Database
from gateway.store.core.kind import Kind
from gateway.store.core.kinds import (
    addresses,
    contents,
    outbox,
    payloads,
    records,
    sessions,
    threads,
    upkeep,
)
from gateway.store.core.kinds import documents as _documents
from gateway.store.core.operations import DatabaseOperations
from gateway.store.core.ownership import Ownership
from gateway.store.core.reader import StoreReader
from gateway.store.core.rights import DatabaseRights
from gateway.store.core.turns import TurnKinds
from gateway.store.core.writer import Writer
from gateway.telemetry.observer import Observer

A = TypeVar("A")
R = TypeVar("R")


class DatabaseStore(DatabaseRights, DatabaseOperations):
    """Implements what ``gateway.ports.Store`` says on any database, with the operations on turns of its kind."""

    turns: TurnKinds
    """The operations on deliveries, journals and outcomes."""

    def __init__(self, name: str, cluster: Cluster) -> None:
        """``name`` says in errors which store it is."""
        self._name = name
        self._cluster = cluster
        self._ownership: Ownership | None = None
        self._looked = upkeep.Looked()
        """How far was looked for what can be pruned."""
        self._writer: Writer | None = None
        self._reader: StoreReader | None = None
        self._observers: Observer | None = None
        self._wake_outbox: Callable[[], None] | None = None

    @property
    def cluster(self) -> Cluster:
        return self._cluster

    def observe(self, observers: Observer) -> None:
        self._observers = observers

    async def open(self) -> None:
        if self._writer is not None:
            return
        writer = Writer(self._connect, self._observers)
        self._ownership = await writer.start()
        self._writer, self._reader = writer, StoreReader(self._connect_reader)

    async def close(self) -> None:
        writer, self._writer = self._writer, None
        reader, self._reader = self._reader, None
        if reader is not None:
            await (
                reader.stop()
            )  # before the writer, because the last connection to close moves the log, which the owner must do
        if writer is not None:
            await writer.stop()

    def _connect(self) -> Database:
        """Open the database in the writer's thread."""
        raise NotImplementedError

    def _connect_reader(self) -> Database:
        """Open the database once more, in the reader's thread; the connection cannot write."""
        raise NotImplementedError

    async def _read(self, kind: Kind[A, R], args: A) -> R:
        """Run an operation that only reads and needs no place in the writer's order: it does not wait for writes or
        delay them."""
        if self._reader is None:
            raise RuntimeError(f"the store on {self._name} is not open")
        return await self._reader.read(kind, args)

    def _do(self, kind: Kind[A, R], args: A, lease: Lease | None = None) -> asyncio.Future[R]:
        if self._writer is None:
            raise RuntimeError(f"the store on {self._name} is not open")
        return self._writer.submit(kind, args, lease)

    def _owned(self) -> Ownership:
        if self._ownership is None:
            raise RuntimeError(f"the store on {self._name} is not open")
        return self._ownership

    async def ping(self) -> None:
        await self._do(upkeep.PING, None)

    async def prune(
        self,
        *,
        done_before: float,
        tokens_before: float,
        values_before: float,
        messages_before: float,
        requests_before: float,
        audit_before: float,
        limit: int = 1000,
    ) -> int:
        wish = upkeep.Prune(
            done_before,
            tokens_before,
            values_before,
            messages_before,
            requests_before,
            audit_before,
            limit,
            self._looked,
        )
        removed, self._looked = await self._do(upkeep.PRUNING, wish)
        return removed

    # Inbox

    async def put(
        self, envelope: Envelope, *, person: str = "", started: bool = False, with_session: bool = False
    ) -> PutResult:
        ref = envelope.ref
        body = codec.dumps_foreign(envelope.body)
        seq, new, attempts, interrupted, revived, session, owned, behind = await self._do(
            self.turns.put,
            (
                envelope.key,
                ref.key,
                codec.dump_ref(ref),
                body,
                envelope.received_at,
                started,
                person or None,
                with_session,
            ),
        )
        return PutResult(
            delivery=Delivery(seq=seq, envelope=envelope, attempts=attempts, interrupted=interrupted, revived=revived),
            new=new,
            session=None if session is None else codec.load_session(session),
            owned=owned,
            behind=behind,
        )

    async def amend(self, twin: Envelope) -> None:
        await self._do(self.turns.amend, (twin.ref.key, twin.key, codec.dumps_foreign(twin.body)))

    async def start(self, lease: Lease, key: str) -> bool:
        return await self._do(self.turns.start, (lease.conversation, key), lease)

    async def pause(self, lease: Lease, key: str) -> None:
        await self._do(self.turns.pause, (lease.conversation, key), lease)

    async def hand_over(self) -> None:
        await self._do(self.turns.hand_over, None)

    async def renew(self, lease: Lease) -> None:
        await self._do(upkeep.RENEW, None, lease)

    async def recover(self) -> int:
        return await self._do(self.turns.recover, None)

    async def deaths(self) -> Sequence[float]:
        return await self._do(self.turns.deaths, None)

    async def pending(
        self, *, conversation: str | None = None, after: int = 0, now: float, limit: int
    ) -> Sequence[Delivery]:
        rows = await self._do(self.turns.pending, (conversation, after, now, limit))
        return [codec.load_delivery(row) for row in rows]

    async def posted(self, conversation: str, *, before: int) -> Collection[str]:
        return await self._do(self.turns.posted, (conversation, before))

    async def states(self, keys: Collection[str]) -> Mapping[str, DeliveryState]:
        rows = await self._read(self.turns.states, list(keys))
        return {row[0]: codec.load_delivery_state(row) for row in rows}

    async def dead_letters(self, *, limit: int = 100) -> Sequence[DeadLetter]:
        return [codec.load_dead_letter(row) for row in await self._read(self.turns.dead, limit)]

    async def retry(self, keys: Collection[str]) -> int:
        return await self._do(self.turns.retry, tuple(keys))

    async def drop(self, keys: Collection[str]) -> int:
        return await self._do(self.turns.drop, tuple(keys))

    # Outcomes

    async def finish(self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, soon: bool = False) -> None:
        kind = self.turns.finish_soon if soon else self.turns.finish
        await self._do(kind, codec.outcome_row(lease.conversation, key, outcome), lease)
        self._put_out(outcome)

    async def answer(self, lease: Lease, ask: EffectRecord, outcome: Outcome = NO_OUTCOME, *, answered_by: str) -> None:
        left = codec.outcome_row(lease.conversation, answered_by, outcome)
        await self._do(self.turns.answer, (codec.effect_row(ask), left), lease)
        self._put_out(outcome)

    async def fail(
        self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, error: str, not_before: float
    ) -> None:
        left = codec.outcome_row(lease.conversation, key, outcome)
        await self._do(self.turns.fail, (left, redact(error), not_before), lease)
        self._put_out(outcome)

    async def bury(self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, error: str) -> None:
        left = codec.outcome_row(lease.conversation, key, outcome)
        await self._do(self.turns.bury, (left, redact(error)), lease)
        self._put_out(outcome)

    async def keep(self, lease: Lease, key: str, outcome: Outcome) -> None:
        await self._do(self.turns.keep, codec.outcome_row(lease.conversation, key, outcome), lease)
        self._put_out(outcome)

    # Outbox

    def on_outbox(self, wake: Callable[[], None]) -> None:
        self._wake_outbox = wake

    def _put_out(self, outcome: Outcome) -> None:
        if outcome.outbox and self._wake_outbox is not None:
            self._wake_outbox()

    async def due(self, *, now: float, limit: int) -> Sequence[OutboxItem]:
        return await self._read(outbox.READ_DUE, (now, limit))

    async def delivered(self, items: Sequence[OutboxItem], *, limit: int) -> Sequence[OutboxItem]:
        return await self._do(outbox.DELIVERED, (items, limit)) if items else ()

    async def postpone(self, item: OutboxItem, *, error: str, not_before: float) -> None:
        await self._do(outbox.POSTPONING, (item, redact(error), not_before))

    async def failed(self, *, limit: int) -> Sequence[OutboxItem]:
        return await self._read(outbox.READ_FAILED, limit)

    async def drop_failed(self, items: Sequence[OutboxItem]) -> int:
        return await self._do(outbox.DROPPING, items)

    async def outbox_size(self) -> OutboxSize:
        return await self._read(outbox.READ_SIZE, None)

    # Contents of elements

    async def referenced(self, keys: Collection[str]) -> Collection[str]:
        return await self._read(contents.READ_REFERENCED, keys)

    # Journals

    async def record(self, lease: Lease, effects: Sequence[EffectRecord]) -> None:
        await self._do(self.turns.record, (lease.conversation, [codec.effect_row(effect) for effect in effects]), lease)

    async def effects(self, conversation: str, delivery: str) -> Sequence[EffectRecord]:
        return [codec.load_effect(row) for row in await self._do(self.turns.effects, (conversation, delivery))]

    # Sessions

    async def load(self, conversation: str) -> SessionRecord | None:
        row = await self._do(sessions.LOAD, conversation)
        return None if row is None else codec.load_session(row)

    async def exists(self, conversation: str) -> bool:
        return await self._do(sessions.EXISTS, conversation)

    async def save(self, session: SessionRecord) -> None:
        await self._do(sessions.SAVE, codec.session_row(session))

    async def end(self, conversation: str, *, at: float) -> None:
        await self._do(sessions.END, (conversation, at))

    async def within(self, conversation: str, *, limit: int) -> Sequence[SessionRecord]:
        return [codec.load_session(row) for row in await self._do(sessions.WITHIN, (conversation, limit))]

    async def idle(self, *, before: float, limit: int) -> Sequence[SessionRecord]:
        return [codec.load_session(row) for row in await self._do(sessions.IDLE, (before, limit))]

    # Threads

    async def thread(self, id: str, *, limit: int, characters: int) -> ThreadDict | None:
        return await self._read(threads.READ_THREAD, (id, limit, characters))

    # Addresses

    async def address(self, name: str) -> Address | None:
        return await self._read(addresses.FIND_ADDRESS, name)

    async def addresses(self, wanted: WantedAddresses, *, after: str, limit: int) -> Sequence[Address]:
        return await self._read(addresses.LIST_ADDRESSES, (wanted, after, limit))

    async def count_addresses(self, wanted: WantedAddresses) -> int:
        return await self._read(addresses.COUNT_ADDRESSES, wanted)

    # Payloads

    async def put_token(self, key: str, body: Mapping[str, Any]) -> None:
        await self._do(payloads.PUTTING_TOKEN, (key, codec.dumps(body)))

    async def get_token(self, key: str) -> Mapping[str, Any] | None:
        return _body(await self._do(payloads.GET_TOKEN, (key,)))

    async def put_value(self, owner: ValueOwner, name: str, body: Mapping[str, Any]) -> None:
        await self._do(payloads.PUTTING_VALUE, (owner, name, codec.dumps(body)))

    async def add_value(self, owner: ValueOwner, name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        stored: Mapping[str, Any] = codec.loads(await self._do(payloads.ADDING_VALUE, (owner, name, codec.dumps(body))))
        return stored

    async def get_value(self, owner: ValueOwner, name: str) -> Mapping[str, Any] | None:
        return _body(await self._do(payloads.GET_VALUE, (owner, name)))

    async def put_message(self, key: str, body: Mapping[str, Any]) -> None:
        await self._do(payloads.PUTTING_MESSAGE, (key, codec.dumps(body)))

    async def get_message(self, key: str) -> Mapping[str, Any] | None:
        return _body(await self._do(payloads.GET_MESSAGE, (key,)))

    # History as programs read and change it

    async def record_page(self, query: RecordQuery) -> RecordPage:
        return await self._read(records.READ_PAGE, query)

    async def count_records(self, noun: Noun, conditions: Sequence[Condition] = ()) -> int:
        return await self._read(records.READ_COUNT, (noun, conditions))

    async def search_steps(
        self, text: str, conditions: Sequence[Condition] = (), *, limit: int, cursor: str | None = None
    ) -> FoundPage:
        return await self._read(records.READ_SEARCH, records.Search(text, conditions, limit, cursor))

    async def change_records(self, changes: Sequence[Record]) -> None:
        await self._do(records.CHANGING, changes)

    async def upsert_rows(self, upserts: Sequence[RowUpsert]) -> None:
        if upserts:
            await self._do(records.UPSERTING, upserts)

    # Documents

    async def put_documents(self, documents: Sequence[Document]) -> None:
        if documents:
            await self._do(_documents.PUTTING_DOCUMENTS, [codec.document_row(each) for each in documents])

    async def add_document(self, document: Document) -> bool:
        return await self._do(_documents.ADDING_DOCUMENT, codec.document_row(document))

    async def get_document(self, kind: str, id: str) -> Document | None:
        row = await self._read(_documents.READ_DOCUMENT, (kind, id))
        return None if row is None else codec.load_document(row)

    async def list_documents(
        self,
        kind: str,
        *,
        parent: str | None = None,
        after: int | None = None,
        before: int | None = None,
        newest_first: bool = False,
        limit: int,
    ) -> Sequence[Document]:
        last = _documents.LAST if before is None else before
        wanted = _documents.Wanted(kind, parent, after or 0, last, newest_first, limit)
        return [codec.load_document(row) for row in await self._read(_documents.LIST_DOCUMENTS, wanted)]

    async def delete_documents(self, kind: str, ids: Collection[str]) -> None:
        await self._do(_documents.DELETING_DOCUMENTS, (kind, list(ids)))

    async def delete_documents_below(self, kind: str, parent: str) -> None:
        await self._do(_documents.DELETING_DOCUMENTS_BELOW, (kind, parent))


def _body(data: bytes | None) -> Mapping[str, Any] | None:
    return None if data is None else codec.loads(data)
