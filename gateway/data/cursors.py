"""Cursors of pages of threads: opaque, bound to the query they came from, and good when their thread is gone."""

import base64
import hashlib
import json
from typing import NamedTuple

from gateway.types import ThreadFilter


class Place(NamedTuple):
    """A place between two threads: behind the thread that was created then and has this id."""

    created: str | None
    id: str


def cursor(place: Place, filters: ThreadFilter) -> str:
    """Return the cursor of a place in the threads that the filters find."""
    packed = json.dumps([_query(filters), *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def place(text: str, filters: ThreadFilter) -> Place:
    """Return the place of a cursor. Raises ``ValueError`` for one of another query, or of nobody."""
    try:
        query, created, id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if isinstance(id, str) and isinstance(created, str | None) and query == _query(filters):
            return Place(created, id)
    except (TypeError, ValueError):  # no base64, no JSON, no list of three
        pass
    raise ValueError("the cursor does not belong to this query: begin with the first page, cursor=None")


def _query(filters: ThreadFilter) -> str:
    wanted = json.dumps([filters.userId, filters.search, filters.feedback])
    return hashlib.blake2b(wanted.encode(errors="replace"), digest_size=6).hexdigest()
