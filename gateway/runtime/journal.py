"""The journal: records the effects of one turn, so that running the turn again repeats none of them.

Within each phase of a turn (opening, connecting, handling the event), the n-th message (and the n-th ask) of a re-run
is taken to be the n-th of the earlier run. Its receipts are found in the journal, so it is edited in place instead of
posted again. Effects of concurrent tasks are numbered in the order in which they started. A re-run may take another
path: an effect without a counterpart is appended. An effect with a name has its counterpart among those of the same
name, so that it takes none away from the others.

Writing is not awaited: a record reaches the store within ``FLUSH_AFTER`` seconds, and a message
whose record is lost in a crash is found on the platform by its key (``SupportsLookup``). Most turns end sooner and so
never write a journal. For a platform that cannot be searched (``eager``) the delay is ``FLUSH_EAGERLY_AFTER``, and no
message is sent before the previous one is recorded, so that a crash doubles one message at worst.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol

import structlog

from gateway.errors import Fenced
from gateway.model import Receipt, from_json, to_json
from gateway.ports import EffectRecord, Journals, Lease, Outcomes
from gateway.runtime.outcome import Answered, write_outcome

FLUSH_AFTER = 0.05
"""Seconds until a record is written."""
FLUSH_EAGERLY_AFTER = 0.005
"""Seconds until a record is written for a platform that cannot be searched. A turn that ends right after its message
still writes no journal."""

EffectKind = Literal["message", "ask", "once"]
Phase = Literal["open", "connect", "handle"]

log = structlog.get_logger(__name__)


class JournalStore(Journals, Outcomes, Protocol):
    """The parts of the store that a journal needs. ``Outcomes`` is one because an ask's answer is recorded in one
    transaction with the end of the delivery that brought it."""


class Effect:
    """One effect: a message or an ask of a turn, its number in the turn and its recorded state."""

    __slots__ = ("body", "found", "journal", "kind", "ordinal")

    def __init__(
        self, journal: "Journal", kind: EffectKind, ordinal: int, body: Mapping[str, Any], *, found: bool
    ) -> None:
        self.journal = journal
        self.kind: EffectKind = kind
        self.ordinal = ordinal
        self.found = found
        """Whether an earlier run recorded the effect."""
        self.body: dict[str, Any] = dict(body)
        self.body["receipts"] = tuple(from_json(Receipt, each) for each in body.get("receipts", ()))

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """Receipts of the effect's messages on the platform."""
        receipts: tuple[Receipt, ...] = self.body["receipts"]
        return receipts

    @property
    def key(self) -> str:
        """The idempotency key under which the effect's messages are sent."""
        return f"{self.journal.delivery}#{self.ordinal}"

    def record(self, **changes: Any) -> None:
        """Change the effect's state, which is written within ``FLUSH_AFTER`` seconds unless the turn ends sooner."""
        self.body.update(changes)
        self.journal.changed(self)

    def as_record(self) -> EffectRecord:
        """Return the effect as the store keeps it."""
        # Receipts are converted only here, because most turns end before their effects have to be written.
        body = {**self.body, "receipts": [to_json(receipt) for receipt in self.receipts]}
        return EffectRecord(delivery=self.journal.delivery, ordinal=self.ordinal, kind=self.kind, body=body)


class Journal:
    """The ordered effects of one delivery's turn."""

    __slots__ = (
        "_closed",
        "_effects",
        "_found",
        "_lease",
        "_next",
        "_settling",
        "_store",
        "_timer",
        "_unwritten",
        "_writing",
        "delivery",
        "eager",
        "phase",
        "written",
    )

    def __init__(
        self,
        store: JournalStore,
        lease: Lease,
        delivery: str,
        recorded: Iterable[EffectRecord] = (),
        *,
        eager: bool = False,
    ) -> None:
        self.delivery = delivery
        self.eager = eager
        self._store = store
        self._lease = lease
        self.phase: Phase = "handle"
        self._found: dict[tuple[Phase, EffectKind, str], list[EffectRecord]] = {}
        self._next = 0
        for record in recorded:
            key = (record.body["phase"], record.kind, record.body.get("name", ""))
            self._found.setdefault(key, []).append(record)
            self._next = max(self._next, record.ordinal + 1)
        self.written = self._next > 0
        """Whether the store holds a record of this journal."""
        self._effects: list[Effect] = []
        self._unwritten: dict[int, Effect] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._settling: asyncio.Lock | None = None
        self._closed = False

    def begin(self, kind: EffectKind, name: str = "") -> Effect:
        """Begin the next effect of this kind and name: the counterpart of the earlier run, or a new effect."""
        counterparts = self._found.get((self.phase, kind, name))
        if counterparts:
            record = counterparts.pop(0)
            effect = Effect(self, kind, record.ordinal, record.body, found=True)
        else:
            body = {"phase": self.phase, "name": name} if name else {"phase": self.phase}
            effect = Effect(self, kind, self._next, body, found=False)
            self._next += 1
        self._effects.append(effect)
        return effect

    def claimed(self) -> frozenset[str]:
        """Return the ids of the platform messages that are known to belong to effects of this turn."""
        mine = {receipt.id for effect in self._effects for receipt in effect.receipts}
        found = {each["id"] for records in self._found.values() for r in records for each in r.body.get("receipts", ())}
        return frozenset(mine | found)

    def changed(self, effect: Effect) -> None:
        """Schedule the write of an effect that changed."""
        if self._closed:
            return
        self._unwritten[effect.ordinal] = effect
        if self._timer is None and self._writing is None:
            after = FLUSH_EAGERLY_AFTER if self.eager else FLUSH_AFTER
            self._timer = asyncio.get_running_loop().call_later(after, self._flush_soon)

    def _flush_soon(self) -> None:
        self._timer = None
        self._writing = asyncio.create_task(self._flush_logged())

    async def _flush_logged(self) -> None:
        try:
            while self._unwritten and not self._closed:
                await self.flush()
        except Fenced:
            log.warning("journal.fenced", delivery=self.delivery)
        except Exception:
            # The turn writes to the same store at its end and fails there; this is only an early warning.
            log.exception("journal.unwritten", delivery=self.delivery)
        finally:
            self._writing = None

    async def flush(self) -> None:
        """Write the effects that are not written yet. Returns when they are durable."""
        if not self._unwritten:
            return
        effects, self._unwritten = list(self._unwritten.values()), {}
        self.written = True
        try:
            await self._store.record(self._lease, [effect.as_record() for effect in effects])
        except BaseException:
            for effect in effects:
                self._unwritten.setdefault(effect.ordinal, effect)
            raise

    async def settle(self) -> None:
        """Wait until everything recorded so far is durable. Concurrent callers go on in the order of their calls."""
        if self._settling is None:
            self._settling = asyncio.Lock()
        async with self._settling:
            if self._writing is not None:
                await asyncio.shield(self._writing)
            await self.flush()

    async def answer(self, effect: Effect, *, answered_by: str) -> None:
        """Store an ask's answer and finish the delivery with the key ``answered_by``, which brought it, in one
        transaction."""
        self._unwritten.pop(effect.ordinal, None)
        self.written = True
        await write_outcome(self._store, self._lease, answered_by, Answered(effect.as_record()))

    async def close(self, *, keep: bool) -> None:
        """End the journal with its turn. With ``keep``, for a turn that will run again, unwritten effects are written;
        otherwise they are dropped."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not keep:
            self._unwritten.clear()
        self._closed = True
        if self._writing is not None:
            await self._writing
        if keep:
            await self.flush()
        # Effects refer to the journal: without this cycle both are freed at once, without garbage collection.
        self._effects.clear()
