"""The store on one SQLite file: for one machine, and good for hundreds of events per second there.

Statements run through the standard library's ``sqlite3``: SQLAlchemy defines the tables and compiles statements, once
each, and executes none. On the event loop the store only encodes, queues and waits; the statements run in the writer's
thread (``writer``).
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
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
from gateway.store.core.alone import Alone
from gateway.store.core.kind import Kind
from gateway.store.core.kinds import (
    addresses,
    contents,
    deliveries,
    journal,
    outbox,
    outcomes,
    payloads,
    records,
    search,
    sessions,
    threads,
    upkeep,
)
from gateway.store.core.kinds import documents as _documents
from gateway.store.core.ownership import Ownership
from gateway.store.core.reader import StoreReader
from gateway.store.core.writer import Writer
from gateway.store.sqlite.file import SQLiteDatabase, open_owned, open_reader, open_shared
from gateway.store.sqlite.rights import RightsOnSQLite

A = TypeVar("A")
R = TypeVar("R")


class SQLiteStore(RightsOnSQLite):
    """Implements ``gateway.ports.Store`` on the SQLite file at ``path``.

    One process owns the file, and with it every conversation's lease; a second one is refused. With ``owner=False`` it
    opens beside the owner (for the command line): reading, ``retry`` and ``drop`` work, the rest raises ``Fenced``.
    """

    def __init__(self, path: Path, *, owner: bool = True) -> None:
        self.path = path
        self.cluster: Cluster = Alone()
        self._owner = owner
        self._ownership: Ownership | None = None
        self._looked = upkeep.Looked()
        """How far was looked for what can be pruned."""
        self._writer: Writer | None = None
        self._reader: StoreReader | None = None
        self._wake_outbox: Callable[[], None] | None = None

    async def open(self) -> None:
        if self._writer is not None:
            return
        writer = Writer(self._connect)
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

    def _connect(self) -> SQLiteDatabase:
        return open_owned(self.path) if self._owner else open_shared(self.path)

    def _connect_reader(self) -> SQLiteDatabase:
        return open_reader(self.path)

    async def _read(self, kind: Kind[A, R], args: A) -> R:
        """Run an operation that only reads and needs no place in the writer's order: it does not wait for writes or
        delay them."""
        if self._reader is None:
            raise RuntimeError(f"the store on {self.path} is not open")
        return await self._reader.read(kind, args)

    def _do(self, kind: Kind[A, R], args: A, lease: Lease | None = None) -> asyncio.Future[R]:
        if self._writer is None:
            raise RuntimeError(f"the store on {self.path} is not open")
        return self._writer.submit(kind, args, lease)

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
        seq, new, attempts, interrupted, revived, session = await self._do(
            deliveries.PUT,
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
        )

    async def amend(self, twin: Envelope) -> None:
        await self._do(deliveries.AMENDING, (twin.key, codec.dumps_foreign(twin.body)))

    async def start(self, lease: Lease, key: str) -> bool:
        return await self._do(deliveries.STARTING, key, lease)

    async def pause(self, lease: Lease, key: str) -> None:
        await self._do(deliveries.PAUSING, key, lease)

    async def hand_over(self) -> None:
        await self._do(deliveries.HANDING_OVER, None)

    async def claim(self, conversation: str) -> Lease | None:
        if self._ownership is None:
            raise RuntimeError(f"the store on {self.path} is not open")
        return self._ownership.claim(conversation)

    async def renew(self, lease: Lease) -> None:
        await self._do(upkeep.RENEW, None, lease)

    async def release(self, lease: Lease) -> None:
        """Do nothing: no other process can take the lease while this one owns the file."""

    async def recover(self) -> int:
        return await self._do(deliveries.RECOVER, None)

    async def deaths(self) -> Sequence[float]:
        return await self._do(deliveries.READ_DEATHS, None)

    async def pending(
        self, *, conversation: str | None = None, after: int = 0, now: float, limit: int
    ) -> Sequence[Delivery]:
        rows = await self._do(deliveries.READ_PENDING, (conversation, after, now, limit))
        return [codec.load_delivery(row) for row in rows]

    async def posted(self, conversation: str, *, before: int) -> Collection[str]:
        return await self._do(deliveries.READ_POSTED, (conversation, before))

    async def states(self, keys: Collection[str]) -> Mapping[str, DeliveryState]:
        rows = await self._read(deliveries.READ_STATES, list(keys))
        return {row[0]: codec.load_delivery_state(row) for row in rows}

    async def dead_letters(self, *, limit: int = 100) -> Sequence[DeadLetter]:
        return [codec.load_dead_letter(row) for row in await self._read(deliveries.READ_DEAD, limit)]

    async def retry(self, keys: Collection[str]) -> int:
        return await self._do(deliveries.RETRYING, tuple(keys))

    async def drop(self, keys: Collection[str]) -> int:
        return await self._do(deliveries.DROPPING, tuple(keys))

    # Outcomes

    async def finish(self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, soon: bool = False) -> None:
        kind = outcomes.FINISH_SOON if soon else outcomes.FINISH
        await self._do(kind, codec.outcome_row(lease.conversation, key, outcome), lease)
        self._put_out(outcome)

    async def answer(self, lease: Lease, ask: EffectRecord, outcome: Outcome = NO_OUTCOME, *, answered_by: str) -> None:
        left = codec.outcome_row(lease.conversation, answered_by, outcome)
        await self._do(outcomes.ANSWER, (codec.effect_row(ask), left), lease)
        self._put_out(outcome)

    async def fail(
        self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, error: str, not_before: float
    ) -> None:
        left = codec.outcome_row(lease.conversation, key, outcome)
        await self._do(outcomes.FAIL_TURN, (left, redact(error), not_before), lease)
        self._put_out(outcome)

    async def bury(self, lease: Lease, key: str, outcome: Outcome = NO_OUTCOME, *, error: str) -> None:
        left = codec.outcome_row(lease.conversation, key, outcome)
        await self._do(outcomes.BURY_TURN, (left, redact(error)), lease)
        self._put_out(outcome)

    async def keep(self, lease: Lease, key: str, outcome: Outcome) -> None:
        await self._do(outcomes.KEEP, codec.outcome_row(lease.conversation, key, outcome), lease)
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
        await self._do(journal.RECORD, [codec.effect_row(effect) for effect in effects], lease)

    async def effects(self, delivery: str) -> Sequence[EffectRecord]:
        return [codec.load_effect(row) for row in await self._do(journal.READ_EFFECTS, delivery)]

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

    # Search

    async def index_steps(self, *, new: bool = True) -> bool:
        return await self._read(search.READ_BEHIND, new) and await self._do(search.INDEXING, new)

    async def purge_index(self, *, removed_before: float) -> bool:
        due = await self._read(search.READ_PURGE_DUE, removed_before)
        return due and await self._do(search.PURGING, removed_before)

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
