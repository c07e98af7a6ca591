"""The operations that find conversations, for what is said in them without being asked."""

from collections.abc import Sequence
from typing import TypeAlias

from gateway.model.text import time_text
from gateway.ports import Address, WantedAddresses
from gateway.store.core.codec import Row, load_ref, load_user
from gateway.store.core.kind import Kind
from gateway.store.core.transaction import Transaction

_THREAD = """SELECT conversation, ref, "userIdentifier" FROM threads WHERE id = ?"""
_NEWEST = """SELECT conversation, ref, "userIdentifier" FROM threads WHERE conversation = ?
    ORDER BY "createdAt" DESC NULLS LAST, id DESC LIMIT 1"""
_SESSION = "SELECT ref, opened_by FROM sessions WHERE conversation = ? AND ended_at IS NULL"

_OF_KIND = "(?3 = '' OR json_extract(CAST(ref AS TEXT), '$.kind') = ?3)"
_OF_THREADS = f"""SELECT conversation, ref, "userIdentifier" AS person, NULL AS opened_by FROM threads
    WHERE conversation > ?1 AND conversation < ?2 AND {_OF_KIND} AND "createdAt" <= ?4
    AND coalesce("updatedAt", '') >= ?5 AND ref IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM threads AS newer WHERE newer.conversation = threads.conversation
        AND newer."createdAt" <= ?4 AND (newer."createdAt", newer.id) > (threads."createdAt", threads.id))"""  # noqa: S608
_OF_SESSIONS = f"""SELECT conversation, ref, NULL AS person, opened_by FROM sessions
    WHERE conversation > ?1 AND conversation < ?2 AND {_OF_KIND} AND started_at <= ?6
    AND last_at >= ?7 AND ended_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM threads WHERE threads.conversation = sessions.conversation)"""  # noqa: S608
_FOUND = f"({_OF_THREADS} UNION ALL {_OF_SESSIONS}) AS found"
LIST = f"SELECT ref, person, opened_by FROM {_FOUND} ORDER BY conversation LIMIT ?8"  # noqa: S608
COUNT = f"SELECT count(*) FROM {_FOUND}"  # noqa: S608

Page: TypeAlias = tuple[WantedAddresses, str, int]
"""Which conversations are wanted, the key after which they come, and how many at most."""


def _find(tx: Transaction, names: Sequence[str]) -> list[Address | None]:
    return [_find_one(tx, name) for name in names]


def _find_one(tx: Transaction, name: str) -> Address | None:
    row = tx.execute(_THREAD, (name,)).fetchone() or tx.execute(_NEWEST, (name,)).fetchone()
    conversation, ref, person = row or (name, None, None)
    # The session knows better than the thread, which is written now and then, where the last message came from.
    session = tx.execute(_SESSION, (conversation,)).fetchone()
    if session is not None:
        ref, person = session[0], person or _opener(session[1])
    return None if ref is None else Address(load_ref(ref), person or "")


def _list(tx: Transaction, items: Sequence[Page]) -> list[list[Address]]:
    return [
        [
            Address(load_ref(ref), person or _opener(opened_by))
            for ref, person, opened_by in tx.execute(LIST, (*_values(wanted, after), limit)).fetchall()
        ]
        for wanted, after, limit in items
    ]


def _count(tx: Transaction, items: Sequence[WantedAddresses]) -> list[int]:
    return [tx.execute(COUNT, _values(wanted, wanted.prefix)).fetchone()[0] for wanted in items]


def _values(wanted: WantedAddresses, after: str) -> Row:
    since = wanted.active_since
    # In the order of characters ';' follows ':', which separates the parts of a key.
    return (
        max(after, wanted.prefix),
        f"{wanted.prefix[:-1]};",
        wanted.kind or "",
        time_text(wanted.before),
        "" if since is None else time_text(since),
        wanted.before,
        0.0 if since is None else since,
    )


def _opener(opened_by: bytes | None) -> str:
    user = None if opened_by is None else load_user(opened_by)
    return user.key if user is not None and user.id else ""


FIND_ADDRESS = Kind(_find, writes=False, owned=False)
LIST_ADDRESSES = Kind(_list, writes=False, owned=False)
COUNT_ADDRESSES = Kind(_count, writes=False, owned=False)
