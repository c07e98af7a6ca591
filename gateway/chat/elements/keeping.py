"""What history keeps of elements: a row for each message an element is part of, and its content among the blobs."""

import uuid
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import structlog

from gateway.chat import kept
from gateway.model import ElementRecord
from gateway.model.text import storable
from gateway.runtime.contents import Content, Uploads, key_of
from gateway.runtime.turn import Turn

log = structlog.get_logger(__name__)

_URL = 8_000
"""Characters of an address that are kept: the longest that browsers and servers take."""


class Place(NamedTuple):
    """Where an element is: the thread, and the message or step it is part of, None where it is alone."""

    thread: str
    for_id: str | None


class Keepable(Protocol):
    """An element, as far as keeping it has to know it."""

    async def keep(self, turn: Turn, for_id: str | None) -> str:
        """Keep the element as it is now, and return the id of its row."""
        ...


def row_id(id: str, home: Place | None, place: Place) -> str:
    """Return the id of an element's row: its own in the place where it came up first, else one that follows from both.

    An object that a bot sends with several messages, or in several conversations, has a row for each.
    """
    if home == place:
        return id
    meaning = "/".join((id, place.thread, place.for_id or ""))
    return str(uuid.uuid5(uuid.NAMESPACE_OID, storable(meaning)))


def uploads(turn: Turn) -> Uploads | None:
    """Return what keeps the contents of the turn's elements; None where no contents are kept."""
    if turn.uploads is None and turn.services.contents is not None:
        turn.uploads = turn.services.contents.begin()
    return turn.uploads


async def put_content(turn: Turn, id: str, content: Content, *, user: str) -> str | None:
    """Begin to keep a content, and return its key; None where it is not kept. ``id`` is that of the element's row."""
    to = uploads(turn)
    if to is None:
        return None
    return await to.put(key_of(turn.thread_id, id, content.name), content, owner=f"{turn.thread_id}/{user}")


def put_later(turn: Turn, id: str, name: str, make: Callable[[], Content], *, user: str) -> str | None:
    """Keep at the end of the turn what ``make`` returns then, and return its key; None where it is not kept."""
    to = uploads(turn)
    if to is None:
        return None
    key = key_of(turn.thread_id, id, name)
    to.later(key, make, owner=f"{turn.thread_id}/{user}")
    return key


def put_row(turn: Turn, record: ElementRecord) -> None:
    """Keep the row of an element as it is now."""
    if record.url is not None and len(record.url) > _URL:
        log.warning("element.address_not_kept", element=record.id, characters=len(record.url))
        record = record._replace(url=None)
    turn.transcript.element(record)


async def keep_all(turn: Turn, elements: Iterable[Keepable], for_id: str, before: frozenset[str]) -> frozenset[str]:
    """Keep the elements of a message, and forget those it had before and has no more. Returns the ids of their rows."""
    if not turn.services.history.on:
        return before
    now = frozenset([await element.keep(turn, for_id) for element in elements])
    for gone in before - now:
        kept.forget_element(turn, gone)
    return now
