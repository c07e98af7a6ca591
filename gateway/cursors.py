"""Cursors of pages: opaque, bound to the query they came from, and good when their row is gone."""

import base64
import hashlib
import json
from typing import NamedTuple


class Place(NamedTuple):
    """A place between two rows: behind the one of this time with this id."""

    at: str | None
    id: str


def cursor_of(place: Place, *query: object) -> str:
    """Return the cursor of a place in what a query finds.

    Args:
        place: The place.
        query: All that the query is made of; equal ones have to have the same ``repr``.
    """
    packed = json.dumps([_digest(query), *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def place_of(cursor: str | None, *query: object) -> Place | None:
    """Return the place of a cursor, None where none is given. Raises ``ValueError`` for one of another query.

    Args:
        cursor: The cursor.
        query: All that the query is made of.
    """
    if cursor is None:
        return None
    try:
        digest, at, id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if digest == _digest(query) and isinstance(at, str | None) and isinstance(id, str):
            return Place(at, id)
    except (TypeError, ValueError):  # no base64, no JSON, no list of three
        pass
    raise ValueError("the cursor does not belong to this query: leave it out to begin with the first page")


def _digest(query: tuple[object, ...]) -> str:
    return hashlib.blake2b(repr(query).encode(errors="replace"), digest_size=6).hexdigest()
