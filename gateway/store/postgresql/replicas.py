"""Reads which replicas share the store, and what each of them has."""

from collections.abc import Sequence

from gateway.ports import ReplicaState
from gateway.store.core.kind import Kind
from gateway.store.core.transaction import Transaction
from gateway.store.postgresql.database import NOW
from gateway.store.postgresql.leases import PART

MOST = 1_000
"""Number of replicas, and of parts, that are read at most."""
REPLICAS = f"""SELECT number, host, version, joined_at, until - {NOW}, retired FROM replicas
    ORDER BY number LIMIT {MOST}"""  # noqa: S608
# The keys of conversations begin with a platform's name. They are in the order of characters, so parts are a range.
HELD = f"""SELECT replica, count(*) FROM leases WHERE left(conversation, {len(PART)}) <> '{PART}' GROUP BY replica"""  # noqa: S608
PARTS = f"""SELECT replica, conversation FROM leases WHERE conversation >= '{PART}' AND conversation < '{PART[:-1]};'
    ORDER BY conversation LIMIT {MOST}"""  # noqa: S608


def _replicas(tx: Transaction, items: Sequence[int | None]) -> list[Sequence[ReplicaState]]:
    held: dict[int, int] = dict(tx.execute(HELD).fetchall())
    parts: dict[int, list[str]] = {}
    for number, part in tx.execute(PARTS).fetchall():
        parts.setdefault(number, []).append(part.removeprefix(PART))
    rows = tx.execute(REPLICAS).fetchall()
    return [
        [
            ReplicaState(
                number=number,
                host=host,
                version=version,
                joined_at=joined_at,
                seconds_left=left,
                retired=retired,
                here=number == mine,
                conversations=held.get(number, 0),
                parts=parts.get(number, ()),
            )
            for number, host, version, joined_at, left, retired in rows
        ]
        for mine in items
    ]


READ_REPLICAS = Kind(_replicas, writes=False, owned=False)
"""Takes the number of the replica that asks, None in a process that is none."""
