"""A turn: where its delivery is, what happened, what it said, and what it did on the platform so far."""

import asyncio
from collections.abc import Sequence

from starlette.responses import Response

from gateway.errors import RequestRefused
from gateway.http.admin.call import Call
from gateway.http.admin.recent_turns import RecentTurn
from gateway.model.text import time_text
from gateway.ports import Condition, InboxEntry, RecordQuery
from gateway.ports.records import Row
from gateway.runtime.ids import timed_id
from gateway.runtime.work import ConversationWork

_STEPS = 100
_PREFIX = 13
"""Characters of the ids of all that a turn makes which stand for the time its delivery arrived (``timed_id``)."""


async def turn(call: Call) -> Response:
    """Return the page of a turn. Raises ``RequestRefused`` (404) where nothing is known of its delivery."""
    conversation, delivery = call.required("conversation"), call.required("delivery")
    store = call.parts.store
    found, entry, journal = await asyncio.gather(
        call.parts.turns.find(conversation, delivery),
        store.delivery(conversation, delivery),
        store.journal_of(conversation, delivery),
    )
    recent = None if found is None else found.turn
    if entry is None and recent is None:
        raise RequestRefused(
            404,
            "nothing is known of this delivery: it was done some days ago, or never arrived. What was said is in "
            "history all the same",
        )
    received_at = entry.received_at if entry is not None else recent.received_at if recent is not None else None
    steps: Sequence[Row] = () if received_at is None else await _steps(call, conversation, received_at)
    work = next((each for each in call.parts.work() if each.conversation == conversation), None)
    return call.page(
        "turn.html",
        here="conversations",
        conversation=conversation,
        delivery=delivery,
        entry=entry,
        recent=recent,
        elsewhere=None if found is None else found.host,
        received_at=received_at,
        state=_state(entry, recent, work if work is not None and work.delivery == delivery else None),
        journal=[
            {
                "ordinal": effect.ordinal,
                "kind": effect.kind,
                "posted": [str(each.get("id", "")) for each in effect.body.get("receipts", ())],
                "answered": "answer" in effect.body,
            }
            for effect in journal
        ],
        steps=steps,
    )


def _state(entry: InboxEntry | None, recent: RecentTurn | None, work: ConversationWork | None) -> str:
    """Return what a turn does: the store knows whether it is over, this process what it does until then."""
    if entry is not None and entry.state != "open":
        return entry.state
    return work.state if work is not None else recent.state if recent is not None else "open"


async def _steps(call: Call, conversation: str, received_at: float) -> Sequence[Row]:
    """Return what history keeps of a turn: the message that began it, and what was made in it. The ids of these begin
    with the time at which the delivery arrived."""
    if call.parts.history != "store":
        return []
    store, prefix = call.parts.store, timed_id(received_at, "")[:_PREFIX]
    made = await store.record_page(
        RecordQuery(
            "steps",
            [Condition("id", "gte", prefix), Condition("id", "lt", f"{prefix}~")],
            newest_first=False,
            limit=_STEPS,
        )
    )
    # Of several conversations, where something arrived in the same millisecond.
    threads = sorted({str(row["threadId"]) for row in made.rows})
    among = [Condition("conversation", "eq", conversation), *([Condition("id", "in", threads)] if threads else [])]
    found = await store.record_page(RecordQuery("threads", among, limit=_STEPS))
    mine = [str(row["id"]) for row in found.rows]
    if not mine:
        return []
    asked = await store.record_page(
        RecordQuery(
            "steps",
            [Condition("threadId", "in", mine), Condition("createdAt", "eq", time_text(received_at))],
            newest_first=False,
            limit=_STEPS,
        )
    )
    known = {str(row["id"]): row for row in (*asked.rows, *made.rows) if row["threadId"] in mine}
    return list(known.values())
