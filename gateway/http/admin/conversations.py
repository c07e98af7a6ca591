"""The conversations: those with work now, those that wait in the store, those with an open session; and one of them."""

import asyncio
from typing import Any

from starlette.responses import Response

from gateway.errors import RequestRefused
from gateway.http.admin.call import PAGE, Call
from gateway.ports import Condition, RecordPage, RecordQuery

_LISTS = ("now", "waiting", "open")
_THREADS = 20
_DIGITS = 6


async def conversations(call: Call) -> Response:
    """Return a list of conversations: what this process has in memory, what waits in the store, or the open sessions.
    Raises ``RequestRefused`` (400) for another list, or another list's cursor."""
    wanted = call.parameter("list") or "now"
    cursor = call.parameter("cursor")
    store = call.parts.store
    try:
        match wanted:
            case "now":
                first = _offset(cursor)
                work = call.parts.work()
                more = str(first + PAGE) if len(work) > first + PAGE else None
                return _page(call, "now", more, work=work[first : first + PAGE])
            case "waiting":
                found = await store.open_deliveries(limit=PAGE, cursor=cursor)
                return _page(call, "waiting", found.cursor, entries=found.entries)
            case "open":
                page = await store.open_sessions(limit=PAGE, cursor=cursor)
                in_memory = {each.conversation for each in page.sessions if each.conversation in call.parts.sessions}
                return _page(call, "open", page.cursor, sessions=page.sessions, in_memory=in_memory)
            case _:
                raise RequestRefused(400, f"there is no list {wanted[:100]!r}: take one of {', '.join(_LISTS)}")
    except ValueError as error:
        raise RequestRefused(400, str(error), where="cursor") from None


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _DIGITS):
        raise ValueError("the cursor does not belong to this list: leave it out to begin with the first page")
    return int(cursor)


def _page(call: Call, wanted: str, cursor: str | None, **values: Any) -> Response:
    return call.page("conversations.html", here="conversations", list=wanted, cursor=cursor, **values)


async def conversation(call: Call) -> Response:
    """Return a conversation: its session, what waits, what was given up, its last turns here, its threads. Raises
    ``RequestRefused`` (404) where nothing is known of it."""
    key = call.required("key")
    store, parts = call.parts.store, call.parts
    session, waiting, dead, threads = await asyncio.gather(
        store.open_session(key),
        store.open_deliveries(conversation=key, limit=PAGE),
        store.given_up(conversation=key, limit=PAGE),
        _threads(call, key),
    )
    recent = parts.recent.newest(conversation=key, limit=PAGE)
    work = next((each for each in parts.work() if each.conversation == key), None)
    if not (session or work or waiting.entries or dead.entries or threads.rows or recent):
        raise RequestRefused(404, f"nothing is known of a conversation {key[:200]!r}: it may have been deleted")
    return call.page(
        "conversation.html",
        here="conversations",
        key=key,
        session=session,
        in_memory=key in parts.sessions,
        work=work,
        waiting=waiting.entries,
        more_waiting=waiting.cursor is not None,
        dead=dead.entries,
        more_dead=dead.cursor is not None,
        threads=threads.rows,
        recent=recent,
    )


async def _threads(call: Call, conversation: str) -> RecordPage:
    """Return the newest kept threads of a conversation, the one used last first."""
    if call.parts.history != "store":
        return RecordPage((), None)
    wanted = [Condition("conversation", "eq", conversation)]
    return await call.parts.store.record_page(RecordQuery("threads", wanted, limit=_THREADS))
