"""What of a turn is kept as history, and where: in the gateway's own database, in a data layer elsewhere, or not at
all."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from gateway.model import (
    ConversationEnded,
    ConversationRef,
    ElementRecord,
    FeedbackGiven,
    FeedbackRecord,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageRequested,
    Profile,
    Record,
    Removed,
    StepEdited,
    StepRecord,
    ThreadNamed,
    ThreadRecord,
    UserRecord,
    UserRef,
    to_json,
)
from gateway.model.text import title_of
from gateway.ports import MessageRecords, Outcome
from gateway.runtime.owners import owner
from gateway.runtime.queued import QueuedDelivery
from gateway.runtime.session import OWN, PROFILE, Session
from gateway.runtime.tokens import RatingToken

if TYPE_CHECKING:
    from gateway.runtime.turn import Turn

Place = Literal["off", "store", "layer"]
"""Where history is kept: nowhere, in the gateway's own database, in a data layer that the bot registered."""

PLACE_OF_HISTORY = "history"
"""The name of the gateway's own stored value that says where history is kept: ``{"place": Place}``."""

TOUCH_EVERY = 3600.0
"""Seconds after which a thread and its user are written again though nothing is new, so that it is known when the
thread was last used."""
_PEOPLE = 10_000
"""How many people are remembered as written."""

TITLE = f"{OWN}title"
"""The session's value that holds the thread's title."""
TOLD = f"{OWN}told_title"
"""The session's value that holds the title which a data layer elsewhere was told."""
TITLE_OF = f"{OWN}title_of"
"""The session's value that holds the id of the message the title was taken from."""


class History:
    """Adds to what a turn leaves the records of its thread and its people, as often as needed.

    Args:
        place: Where history is kept.
    """

    def __init__(self, place: Place) -> None:
        self.place: Place = place
        self._people: OrderedDict[str, tuple[float, Mapping[str, Any]]] = OrderedDict()

    @property
    def on(self) -> bool:
        """Whether anything is kept."""
        return self.place != "off"

    def records(self, turn: Turn) -> list[Record]:
        """Return what is to be kept of a turn: its transcript, behind the records of its thread and its people."""
        if not self.on or not turn.transcript:
            return []
        said, now = turn.transcript.records(), time.time()
        return [*self._person(turn, now), *self._thread(turn, said, now), *said]

    def _person(self, turn: Turn, now: float) -> Iterator[UserRecord]:
        """Yield the record of the person whose turn it is, unless it was written a short time ago."""
        user = turn.event.user
        came = not isinstance(turn.event, MessageRequested) or turn.session.opening == "start"
        if user.id and came:  # of whom nothing new is heard, what is kept stays
            metadata = metadata_of(user, turn.profile)
            at, known = self._people.get(user.key, (0.0, None))
            if now - at > TOUCH_EVERY or known != metadata:
                yield UserRecord(user.key, metadata, now)

    def _thread(self, turn: Turn, said: Sequence[Record], now: float) -> Iterator[ThreadRecord]:
        """Yield the record of the session's thread, unless it was written a short time ago, or nothing was said in it:
        the turn ended the session before."""
        session = turn.session
        title = session.values.get(TITLE)
        if session.thread_at == 0 and not any(_is_in(record, session.id) for record in said):
            return
        if now - session.thread_at > TOUCH_EVERY or title != session.title:
            told = self.place == "layer" and session.values.get(TOLD) == title
            yield _thread(session, turn.event.user, None if told else title, now)

    def unhandled(self, queued: QueuedDelivery, session: str) -> list[Record]:
        """Return what is to be kept of a message whose turn was given up before it said anything about it."""
        event = queued.event
        if not self.on or not isinstance(event, MessageCreated):
            return []
        user, ref, at = event.user, event.ref, queued.received_at
        metadata = {"client_type": ref.platform}
        return [
            ThreadRecord(session, ref, user.key if user.id else "", title_of(event.text), metadata, at, at),
            StepRecord(
                id=id_of_message(ref, event.message_id),
                thread=session,
                user=user.key,
                name=user.name or user.key,
                type="user_message",
                created_at=at,
                output=event.text,
            ),
        ]

    def placed(self, records: Sequence[Record]) -> Outcome:
        """Return the outcome of a turn that leaves these records, and nothing else."""
        return Outcome(outbox=records) if self.place == "layer" else Outcome(records=records)

    def written(self, records: Sequence[Record], session: Session) -> None:
        """Note that the records are stored."""
        for record in records:
            if isinstance(record, UserRecord):
                self._people[record.identifier] = (record.created_at, record.metadata)
                self._people.move_to_end(record.identifier)
                while len(self._people) > _PEOPLE:
                    self._people.popitem(last=False)
            elif isinstance(record, ThreadRecord):
                session.thread_at = record.updated_at
                if self.place == "layer" and record.name is not None:
                    session.values[TOLD] = record.name  # a bot may give the thread another name there, which stays
                session.title = record.name if record.name is not None else session.values.get(TOLD)
            elif isinstance(record, ThreadNamed) and record.id == session.id:
                session.title = record.name

    def forget(self, user: str) -> None:
        """Forget that a person is kept: who comes back after being erased is written anew."""
        self._people.pop(user, None)


def _is_in(record: Record, thread: str) -> bool:
    return isinstance(record, StepRecord | ElementRecord) and record.thread == thread


def _thread(session: Session, user: UserRef, title: str | None, now: float) -> ThreadRecord:
    by = session.user if session.user is not None and session.user.id else user
    profile = session.values.get(PROFILE)
    metadata: dict[str, Any] = {"client_type": session.ref.platform}
    if isinstance(profile, str):
        metadata[PROFILE] = profile
    return ThreadRecord(
        id=session.id,
        ref=session.ref,
        user=by.key if by.id else "",
        name=title,
        metadata=metadata,
        created_at=session.started_at,
        updated_at=now,
    )


def metadata_of(user: UserRef, profile: Profile | None) -> dict[str, Any]:
    """Return what is known about a person: whose they are on the platform, and what it tells about them."""
    metadata: dict[str, Any] = {"platform": user.platform, "workspace": user.workspace, "id": user.id}
    if profile is not None:
        told = to_json(profile, sparse=True)
        metadata |= profile.extra
        metadata |= {name: value for name, value in told.items() if name not in ("display_name", "extra")}
    return metadata


def id_of_message(ref: ConversationRef, platform_id: str) -> str:
    """Return the id of the message that a platform knows by another id, the same whenever it is asked for.

    ``ref`` is the conversation the message is in, ``platform_id`` the platform's own id of it.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{ref.key}/{platform_id}"))


def id_of_feedback(message: str, person: str) -> str:
    """Return the id of what a person thinks of a message, the same however often they change their mind."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{message}/{person}"))


async def changed_by(queued: QueuedDelivery, store: MessageRecords) -> Sequence[Record]:
    """Return what a delivery changes in what is kept though its conversation is over: a person edited or deleted a
    message, or rated one."""
    event = queued.event
    match event:
        case FeedbackGiven():
            if isinstance(queued.token, RatingToken):
                message: str | None = queued.token.message
            else:
                message = await owner(store, event.ref, event.message_id)
            if message is None:
                return ()
            person, comment = event.user.key, event.comment or None
            id = id_of_feedback(message, person)
            return (FeedbackRecord(id, message, "", person, event.value, comment, queued.received_at),)
        case MessageEdited():
            return (StepEdited(id_of_message(event.ref, event.message_id), event.text),)
        case MessageDeleted() | ConversationEnded() if event.message_id is not None:
            return (Removed("step", id_of_message(event.ref, event.message_id)),)
        case _:
            return ()


def suggest_title(session: Session, text: str, message: str) -> None:
    """Name the thread after its first message, whose id is ``message``, unless it has a title already."""
    if TITLE not in session.values and (title := title_of(text)) is not None:
        session.values[TITLE], session.values[TITLE_OF] = title, message


def follow_message(turn: Turn, message: str, text: str) -> None:
    """Change the thread's title along with the message it was taken from, which a person edited; without words it was
    deleted."""
    values = turn.session.values
    if values.get(TITLE_OF) != message:
        return
    title = title_of(text)
    if title is None:
        del values[TITLE], values[TITLE_OF]
    else:
        values[TITLE] = title
    if turn.services.history.on:
        turn.transcript.name(ThreadNamed(turn.thread_id, title))
