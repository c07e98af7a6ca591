"""Sessions: the state of each conversation. Live sessions are in memory; resting ones are only in the store."""

import itertools
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Literal

import orjson
import structlog

from gateway.model import ConversationRef, UserRef
from gateway.ports import ANEW, PEOPLE, SessionRecord, Sessions
from gateway.runtime.ids import timed_id
from gateway.runtime.transcript import Transcript
from gateway.telemetry.observer import Observer, Observers, SessionChanged

log = structlog.get_logger(__name__)

_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS

SAVE_EVERY = 60.0
"""Seconds after which an unchanged session is saved again, so that idleness is known after a restart."""

LOOKS = 8
"""How many sessions are examined when one has to leave memory. Thousands may be in use by turns that wait for answers,
so examining all would take long."""

_EMPTY = b"{}"

_PEOPLE_LIMIT = 1_000
"""How many of those who took part in a session are noted."""

OWN = "gateway:"
"""How the names of the gateway's own values begin; a handler sees none of them in ``user_session``."""

PROFILE = "chat_profile"
"""The name under which a session holds the chosen profile's name."""

Opening = Literal["start", "resume"]
"""The hook with which a session opens: ``on_chat_start`` or ``on_chat_resume``."""


class Session:
    """One conversation's state. ``values`` holds any object; its JSON part survives restarts."""

    __slots__ = (
        "_checkpoint",
        "_saved",
        "_saved_at",
        "attached",
        "ended",
        "id",
        "last_at",
        "opening",
        "pins",
        "ref",
        "started_at",
        "thread_at",
        "title",
        "transcripts",
        "used_at",
        "user",
        "values",
    )

    def __init__(self, *, id: str, ref: ConversationRef, user: UserRef | None, started_at: float) -> None:
        self.id = id
        self.ref = ref
        self.user = user
        self.values: dict[str, Any] = {}
        self.started_at = started_at
        self.last_at = started_at
        self.used_at = time.monotonic()
        self.attached: dict[str, Any] = {}
        """What lives as long as the session is in memory and is never stored, by name (``SessionResources``)."""
        self.opening: Opening | None = "start"
        """The hook to run before the first event is handled, None once it was run."""
        self.ended = False
        """Whether the session has ended. A turn that still runs in it must not overwrite the next session."""
        self.pins = 0
        """How many turns use the session now. One in use stays in memory."""
        self.thread_at = 0.0
        """When the history's row of the thread was last written, in seconds since the epoch; 0 in a session that was
        just opened or restored."""
        self.title: str | None = None
        """The title the row was written with."""
        self.transcripts: list[Transcript] = []
        """The transcripts of the turns that use the session now."""
        self._saved: bytes | None = None
        self._saved_at = 0.0
        self._checkpoint = _EMPTY

    @classmethod
    def restored(cls, record: SessionRecord) -> "Session":
        """Return the session that a record of the store describes."""
        session = cls(id=record.id, ref=record.ref, user=record.user, started_at=record.started_at)
        session.values = dict(record.data)
        session.last_at = record.last_at
        session.opening = "start" if session.values.pop(ANEW, False) else "resume"
        session._saved = session._checkpoint = _json_part(session.values)
        session._saved_at = record.last_at
        return session

    def joined(self, person: str) -> None:
        """Note that a person (``UserRef.key``) takes part, so that what the session holds of them can be erased."""
        people = self.values.get(PEOPLE, ())
        if person not in people and len(people) < _PEOPLE_LIMIT:
            self.values[PEOPLE] = [*people, person]

    def to_save(self) -> SessionRecord | None:
        """Return the record to store, None when it is stored already and was saved in the last ``SAVE_EVERY``
        seconds."""
        data = _json_part(self.values)
        if data == self._saved and self.last_at - self._saved_at < SAVE_EVERY:
            return None  # then the checkpoint equals the saved data as well
        self._saved = self._checkpoint = data
        self._saved_at = self.last_at
        return self.record(orjson.loads(data))

    def checkpoint(self) -> None:
        """Make the present values those to which ``roll_back`` returns."""
        self._checkpoint = _json_part(self.values)

    def roll_back(self) -> None:
        """Restore the JSON part of the values at the last checkpoint, after a turn failed. Objects that are not JSON
        stay as they are, because their earlier state is unknown."""
        live = {key: value for key, value in self.values.items() if not _is_json(key, value)}
        before: dict[str, Any] = orjson.loads(self._checkpoint)
        self.values.clear()
        self.values.update(live | before)

    def not_saved(self) -> None:
        """Note that the store failed to save what ``to_save`` returned, so that it is returned again."""
        self._saved = None

    def record(self, data: dict[str, Any] | None = None) -> SessionRecord:
        """Return the part of the session that is stored. ``data`` is the JSON part of the values, if known already."""
        part: dict[str, Any] = orjson.loads(_json_part(self.values)) if data is None else data
        return SessionRecord(
            id=self.id,
            ref=self.ref,
            user=self.user,
            data={**part, ANEW: True} if self.opening == "start" else part,
            started_at=self.started_at,
            last_at=self.last_at,
        )


def id_of_session(opener: str, at: float) -> str:
    """Return the id of the session that a delivery opens: a UUID, the same when its turn runs again after a crash."""
    return timed_id(at, f"session/{opener}")


def _json_part(values: dict[Any, Any]) -> bytes:
    """Return as JSON the values that JSON can hold. Other values stay in memory only."""
    if not values:
        return _EMPTY
    try:
        part = orjson.dumps(values, option=_STRICT)
    except TypeError:
        # A key may be a member of a string enum, which is restored as the plain string.
        kept = {str.__str__(key): value for key, value in values.items() if _is_json(key, value)}
        part = orjson.dumps(kept, option=_STRICT)
    # Copied, because orjson's own buffer is up to 4 KB larger than its content and would live as long as the session.
    return bytes(memoryview(part))


def _is_json(key: object, value: Any) -> bool:
    if not isinstance(key, str):
        return False
    try:
        orjson.dumps({str.__str__(key): value}, option=_STRICT)
    except TypeError:
        return False
    return True


class SessionPool:
    """The sessions in memory, least recently used first."""

    def __init__(
        self,
        store: Sessions,
        *,
        limit: int,
        rest_after: float,
        now: Callable[[], float] = time.time,
        observers: Observer | None = None,
    ) -> None:
        """``limit`` is how many sessions are in memory at most, ``rest_after`` the seconds without a turn after which
        one leaves it; ``now`` returns the time in seconds since the epoch by which others tell how long one is idle.
        ``observers`` are told what comes into memory and leaves it."""
        self._observers = observers or Observers()
        self._now = now
        self._store = store
        self._limit = limit
        self._rest_after = rest_after
        self._live: OrderedDict[str, Session] = OrderedDict()
        self.clock: Callable[[], float] = time.monotonic
        """Tells how long a session was not used, in seconds of a clock that never goes back. Tests move it."""
        self.on_leave: list[Callable[[Session], None]] = []
        """Called with each session that has just left memory."""

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, conversation: str) -> bool:
        return conversation in self._live

    async def open(
        self,
        ref: ConversationRef,
        user: UserRef,
        *,
        opener: str,
        at: float,
        record: SessionRecord | None = None,
        read: bool = False,
        create: bool = True,
    ) -> Session | None:
        """Return the conversation's session and count a turn that uses it (``pins``). It is the live one, the stored
        one, or, if ``create``, a new one; else None. ``opener`` names what opens it and ``at`` says when that came
        (epoch seconds): a new session gets its id from both. ``record`` is the stored session, if it was ``read``
        already."""
        key = ref.key
        session = self._live.get(key)
        if session is None:
            if not read:
                record = await self._store.load(key)
                session = self._live.get(key)  # another turn of the conversation may have opened it meanwhile
            if session is None:
                if record is not None:
                    session = Session.restored(record)
                elif create:
                    session = Session(id=id_of_session(opener, at), ref=ref, user=user, started_at=self._now())
                else:
                    return None
                self._live[key] = session
                self._observers.session_changed(
                    SessionChanged(ref.platform, key, "new" if record is None else "restored")
                )
        self._live.move_to_end(key)
        if user.id:
            session.joined(user.key)
        session.pins += 1
        session.ref = ref
        session.last_at = self._now()
        session.used_at = self.clock()
        self._trim()
        return session

    def close(self, session: Session) -> None:
        """Note that a turn no longer uses the session. Call it once for each ``open``."""
        session.pins -= 1

    def leave(self, session: Session) -> None:
        """Drop a session from memory that no turn uses and that was not opened for the bot's handlers: all of it is in
        the store, and others need the place."""
        if not session.pins and session.opening is not None and self._live.get(session.ref.key) is session:
            self.forget(session)

    def forget(self, session: Session) -> None:
        """Drop the session from memory, so that the next event loads or makes another."""
        self._drop(session.ref.key)

    def of(self, person: str) -> list[str]:
        """Return the conversations whose live session a person (``UserRef.key``) takes part in."""
        return [key for key, session in self._live.items() if person in session.values.get(PEOPLE, ())]

    def discard(self, conversations: Iterable[str]) -> None:
        """Drop the sessions of these conversations from memory. What they hold is not saved any more."""
        for conversation in conversations:
            session = self._drop(conversation)
            if session is not None:
                session.ended = True

    async def end(self, session: Session) -> None:
        """End the session for good, in memory and in the store."""
        session.ended = True
        self.forget(session)
        await self._store.end(session.ref.key, at=self._now())

    def record_of(self, conversation: str) -> SessionRecord | None:
        """Return the record of a conversation's live session, None if there is none or it was never opened."""
        session = self._live.get(conversation)
        return session.record() if session is not None and session.opening is None else None

    async def look(self, conversation: str) -> SessionRecord | None:
        """Return what a conversation's session holds now, live or stored, without opening it; None if there is none."""
        session = self._live.get(conversation)
        return await self._store.load(conversation) if session is None else session.record()

    def live(self, conversation: str) -> Session | None:
        """Return a conversation's session if it is in memory."""
        return self._live.get(conversation)

    def within(self, conversation: str) -> list[SessionRecord]:
        """Return the live sessions of conversations inside this one, such as a channel's threads. Those whose first
        turn still runs are included, although they are not stored yet."""
        above = f"{conversation}:"
        return [s.record() for key, s in self._live.items() if key.startswith(above) and key != above]

    def rest_idle(self) -> int:
        """Drop the sessions that no turn used for ``rest_after`` seconds from memory (their JSON part is stored), and
        return how many."""
        limit = self.clock() - self._rest_after
        resting = [key for key, session in self._live.items() if session.used_at < limit and not session.pins]
        for key in resting:
            self._drop(key)
        return len(resting)

    def rest_all(self) -> int:
        """Drop all sessions that no turn uses from memory, and return how many."""
        resting = [key for key, session in self._live.items() if not session.pins]
        for key in resting:
            self._drop(key)
        return len(resting)

    def discard_all(self) -> None:
        """Drop all sessions from memory. What they hold is not saved any more."""
        self.discard(list(self._live))

    def _trim(self) -> None:
        if len(self._live) <= self._limit:
            return
        for key in list(itertools.islice(self._live, LOOKS)):
            if not self._live[key].pins:
                self._drop(key)
                return
            self._live.move_to_end(key)  # in use, perhaps for long: the next search need not begin with it

    def _drop(self, key: str) -> Session | None:
        session = self._live.pop(key, None)
        if session is not None:
            self._observers.session_changed(SessionChanged(session.ref.platform, key, "left"))
            for call in self.on_leave:
                call(session)
        return session
