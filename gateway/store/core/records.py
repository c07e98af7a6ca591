"""Records of history as JSON and back, for the outbox."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson

from gateway.model import (
    ElementRecord,
    FeedbackRecord,
    Record,
    Removed,
    StepEdited,
    StepRecord,
    ThreadNamed,
    ThreadRecord,
    UserRecord,
)
from gateway.model.plain import as_json
from gateway.store.core.codec import dump_ref, load_ref

_KINDS: Mapping[str, type[Record]] = {
    "user": UserRecord,
    "thread": ThreadRecord,
    "thread_named": ThreadNamed,
    "step": StepRecord,
    "step_edited": StepEdited,
    "element": ElementRecord,
    "feedback": FeedbackRecord,
    "removed": Removed,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def dump_records(records: Sequence[Record]) -> bytes:
    """Return records as JSON. Nothing is refused: a handler may have put anything where a text or JSON belongs, and
    what JSON cannot hold becomes text."""
    values = [(_NAMES[type(record)], _values(record)) for record in records]
    try:
        return orjson.dumps(values)
    except TypeError:  # half a surrogate pair, an integer beyond 64 bits, an object of the handler's own
        return b"[%b]" % b",".join(b'["%b",%b]' % (name.encode(), as_json(fields)) for name, fields in values)


def load_records(data: bytes) -> list[Record]:
    """Return the records that ``dump_records`` encoded, also where an older or newer gateway did: a field it did not
    know has its default, one that is not known here is left out."""
    return [_record(_KINDS[name], values) for name, values in json.loads(data, parse_constant=lambda _: None)]


def _values(record: Record) -> dict[str, Any]:
    values = record._asdict()
    if isinstance(record, ThreadRecord):
        values["ref"] = orjson.loads(dump_ref(record.ref))
    return values


def _record(kind: type[Record], values: dict[str, Any]) -> Record:
    if kind is ThreadRecord:
        values["ref"] = load_ref(orjson.dumps(values["ref"]))
    if kind is StepRecord and values.get("tags") is not None:
        values["tags"] = tuple(values["tags"])
    known = {name: value for name, value in values.items() if name in kind._fields}
    return cast(Record, cast(Any, kind)(**known))
