"""Records of history as rows of Chainlit's documented tables, in the order of the tables' columns."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from gateway.model import ElementRecord, FeedbackRecord, StepRecord, ThreadRecord, UserRecord
from gateway.model.plain import as_json, text_of
from gateway.model.text import storable, time_text
from gateway.store.core.codec import dump_ref
from gateway.store.core.words import ListText

Row: TypeAlias = tuple[Any, ...]

_MOST = 2**31 - 1
"""The largest number that a column takes on every database."""

USER = ("id", "identifier", "createdAt", "metadata")
THREAD = (
    "id",
    "createdAt",
    "updatedAt",
    "name",
    "userId",
    "userIdentifier",
    "metadata",
    "conversation",
    "platform",
    "ref",
)
STEP = (
    "id", "name", "type", "threadId", "parentId", "streaming", "waitForAnswer", "isError", "metadata", "tags", "input",
    "output", "createdAt", "command", "start", "end", "generation", "showInput", "language", "defaultOpen",
    "autoCollapse", "userIdentifier",
)  # fmt: skip
ELEMENT = (
    "id", "threadId", "type", "url", "name", "display", "objectKey", "size", "page", "language", "forId", "mime",
    "props", "autoPlay", "playerConfig", "userIdentifier",
)  # fmt: skip
FEEDBACK = ("id", "forId", "threadId", "value", "comment", "userIdentifier", "createdAt")
"""The value of ``forId`` is given twice: the thread is looked up by it."""


def user(record: UserRecord) -> Row:
    """Return the row of a person for the columns ``USER``; the id follows from the identifier."""
    id = str(uuid.uuid5(uuid.NAMESPACE_OID, record.identifier))
    return id, record.identifier, time_text(record.created_at), _json(record.metadata)


def thread(record: ThreadRecord) -> Row:
    """Return the row of a thread for the columns ``THREAD``, with the person's identifier in the place of the id."""
    ref, person = record.ref, record.user or None
    created, updated = time_text(record.created_at), time_text(record.updated_at)
    name = optional_text(record.name)
    metadata = _json(record.metadata)
    return record.id, created, updated, name, person, person, metadata, ref.key, ref.platform, dump_ref(ref)


def step(record: StepRecord) -> Row:
    """Return the row of a message or a step for the columns ``STEP``."""
    at = time_text(record.created_at)
    return (
        text(record.id),
        text(record.name),
        text(record.type),
        record.thread,
        optional_text(record.parent),
        False,
        False,
        bool(record.is_error),
        _json(record.metadata),
        _list(record.tags),
        text(record.input),
        text(record.output),
        at,
        optional_text(record.command),
        record.start or at,
        record.end or at,
        None if record.generation is None else _json(record.generation),
        _shown(record.show_input),
        optional_text(record.language),
        bool(record.default_open),
        bool(record.auto_collapse),
        record.user or None,
    )


def element(record: ElementRecord) -> Row:
    """Return the row of an element for the columns ``ELEMENT``."""
    return (
        text(record.id),
        record.thread,
        record.type,
        optional_text(record.url),
        text(record.name),
        optional_text(record.display),
        record.object_key,
        optional_text(record.size),
        int(record.page) if isinstance(record.page, int) and abs(record.page) <= _MOST else None,
        optional_text(record.language),
        optional_text(record.for_id),
        optional_text(record.mime),
        None if record.props is None else _json(record.props),
        True if record.auto_play else None,
        None if record.player_config is None else _json(record.player_config),
        record.user or None,
    )


def feedback(record: FeedbackRecord) -> Row:
    """Return the row of a feedback for the columns ``FEEDBACK``."""
    at = time_text(record.created_at)
    return (
        record.id,
        record.step,
        record.step,
        record.thread,
        record.value,
        optional_text(record.comment),
        record.user or None,
        at,
    )


def _shown(value: bool | str) -> str:
    return str(value).lower() if isinstance(value, bool) else text(value)


def _json(value: Mapping[str, Any]) -> str:
    return as_json(value).decode() if value else "{}"


def _list(value: Sequence[str] | None) -> ListText | None:
    return None if value is None else list_text(value)


def list_text(value: Sequence[object]) -> ListText:
    """Return a list of texts as a column takes it."""
    return ListText(json.dumps([text(each) for each in value], ensure_ascii=False))


def text(value: object) -> str:
    """Return a value as text that every database takes. A handler may have put anything where a text belongs."""
    return storable(value if isinstance(value, str) else text_of(value))


def optional_text(value: object) -> str | None:
    """Return a value as text that every database takes, None for None."""
    return None if value is None else text(value)
