"""Converts the model's values to rows and JSON and back: the one place that knows how they are stored.

Written by hand, because the general way (``to_json``) costs several times as much for every event. A field added to one
of these models has to be added here; the tests fill every field and fail until it is.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import orjson

from gateway.model import ConversationRef, Document, Envelope, UserRef
from gateway.ports import DeadLetter, Delivery, DeliveryState, EffectRecord, Outcome, SessionRecord

Row: TypeAlias = tuple[Any, ...]


_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""Options that make orjson refuse a value that would come back as another type."""
_STATES: Sequence[Literal["open", "done", "dead"]] = ("open", "done", "dead")
"""The values of the column ``deliveries.state``, by number."""
_BY_JSON = b" "
"""The first byte of JSON that the standard library encoded and therefore has to decode."""


def dumps(value: Mapping[str, Any]) -> bytes:
    """Return the value as JSON. Raises ``TypeError`` for a value that JSON cannot hold."""
    return orjson.dumps(value if type(value) is dict else dict(value), option=_STRICT)


def dumps_foreign(value: Mapping[str, Any]) -> bytes:
    """Return as JSON what another party sent as JSON, whatever is in it: half of a surrogate pair (platforms cut texts
    anywhere) and integers beyond 64 bits are valid there, though orjson takes neither."""
    try:
        return dumps(value)
    except TypeError:
        return _BY_JSON + json.dumps(dict(value), separators=(",", ":")).encode()


def loads(data: bytes) -> Any:
    """Return the value that ``dumps`` or ``dumps_foreign`` encoded."""
    return json.loads(data) if data.startswith(_BY_JSON) else orjson.loads(data)


def dump_ref(ref: ConversationRef) -> bytes:
    """Return a conversation as JSON, with its route, which is part of the address though not of the identity."""
    return orjson.dumps(
        {
            "platform": ref.platform,
            "workspace": ref.workspace,
            "channel": ref.channel,
            "thread": ref.thread,
            "kind": ref.kind,
            "route": dict(ref.route),
        }
    )


def load_ref(data: bytes) -> ConversationRef:
    """Return the conversation that ``dump_ref`` wrote."""
    return ConversationRef(**orjson.loads(data))


def dump_user(user: UserRef) -> bytes:
    """Return a user as JSON for a column of the store."""
    return orjson.dumps({"platform": user.platform, "workspace": user.workspace, "id": user.id, "name": user.name})


def load_user(data: bytes) -> UserRef:
    """Return the user that ``dump_user`` wrote."""
    return UserRef(**orjson.loads(data))


def load_delivery(row: Row) -> Delivery:
    """Return the delivery in the columns seq, key, ref, body, twin, received_at, attempts, interrupted, revived."""
    seq, key, ref, body, twin, received_at, attempts, interrupted, revived = row
    return Delivery(
        seq=seq,
        envelope=Envelope(key=key, ref=load_ref(ref), body=loads(body), received_at=received_at),
        attempts=attempts,
        interrupted=interrupted,
        revived=bool(revived),
        twin=None if twin is None else loads(twin),
    )


def session_row(session: SessionRecord) -> Row:
    """Return a row for the columns conversation, id, ref, opened_by, data, started_at, last_at."""
    return (
        session.ref.key,
        session.id,
        dump_ref(session.ref),
        None if session.user is None else dump_user(session.user),
        dumps(session.data),
        session.started_at,
        session.last_at,
    )


def load_session(row: Row) -> SessionRecord:
    """Return the session in the columns conversation, id, ref, opened_by, data, started_at, last_at."""
    _, id, ref, opened_by, data, started_at, last_at = row
    return SessionRecord(
        id=id,
        ref=load_ref(ref),
        user=None if opened_by is None else load_user(opened_by),
        data=loads(data),
        started_at=started_at,
        last_at=last_at,
    )


def outcome_row(conversation: str, key: str, outcome: Outcome) -> tuple[str, Row | None, bool, str, str, Outcome]:
    """Return what the turn of the delivery ``key`` of a conversation leaves behind, as ``kinds.outcomes`` writes it."""
    session, journal, posted, _, _ = outcome
    saved = None if session is None else session_row(session)
    return key, saved, journal, " ".join(posted), conversation, outcome


def effect_row(effect: EffectRecord) -> Row:
    """Return a row for the columns delivery, ordinal, kind, body."""
    # The text of an answer was written by another party.
    return effect.delivery, effect.ordinal, effect.kind, dumps_foreign(effect.body)


def load_effect(row: Row) -> EffectRecord:
    """Return the effect in the columns delivery, ordinal, kind, body."""
    delivery, ordinal, kind, body = row
    return EffectRecord(delivery=delivery, ordinal=ordinal, kind=kind, body=loads(body))


def load_delivery_state(row: Row) -> DeliveryState:
    """Return how far the delivery is that is in the columns key, state, error, posted."""
    _, state, error, posted = row
    return DeliveryState(_STATES[state], error or "", tuple((posted or "").split()))


def load_dead_letter(row: Row) -> DeadLetter:
    """Return the dead letter in the columns key, conversation, received_at, attempts, error."""
    key, conversation, received_at, attempts, error = row
    return DeadLetter(key=key, conversation=conversation, received_at=received_at, attempts=attempts, error=error)


def document_row(document: Document) -> tuple[str, str, str, str, str, bytes]:
    """Return a document's kind, id, parent, person, conversation and body."""
    return (
        document.kind,
        document.id,
        document.parent,
        document.person,
        document.conversation,
        dumps_foreign(document.body),
    )


def load_document(row: Row) -> Document:
    """Read a document from its rank and the columns of ``document_row``."""
    rank, kind, id, parent, person, conversation, body = row
    return Document(
        rank=rank, kind=kind, id=id, parent=parent, person=person, conversation=conversation, body=loads(body)
    )
