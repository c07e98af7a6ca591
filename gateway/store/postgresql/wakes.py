"""Wakes the replicas that run conversations in which something was stored."""

from collections.abc import Iterable, Mapping, Sequence

from gateway.store.core.transaction import Transaction
from gateway.store.postgresql.pulse import channel

LONGEST = 7_500
"""Bytes of a notice; the server takes 8,000."""
_NOTIFY = """SELECT pg_notify(told.channel, told.payload)
    FROM unnest(CAST(? AS text[]), CAST(? AS text[])) AS told (channel, payload)"""
_SOMEBODY = """SELECT number FROM replicas
    WHERE NOT retired AND until > extract(epoch FROM clock_timestamp()) AND number <> ? ORDER BY random() LIMIT 1"""
_EVERYBODY = "SELECT number FROM replicas WHERE number <> ?"


def wake(tx: Transaction, conversations: Mapping[str, int]) -> None:
    """Wake, when the transaction commits, the replica with the number of each conversation; for 0 one that takes
    leases."""
    somebody: int | None = None
    by_replica: dict[int, list[str]] = {}
    for conversation, number in conversations.items():
        if not number:
            number = somebody = _somebody(tx) if somebody is None else somebody
        if number:
            by_replica.setdefault(number, []).append(conversation)
    told = [(channel(number), payload) for number, keys in by_replica.items() for payload in payloads(keys)]
    if told:
        tx.execute(_NOTIFY, ([each for each, _ in told], [payload for _, payload in told]))


def wake_all(tx: Transaction) -> None:
    """Have all other replicas look, when the transaction commits, for what no replica runs."""
    channels = [channel(number) for (number,) in tx.execute(_EVERYBODY, (tx.epoch,)).fetchall()]
    tx.execute(_NOTIFY, (channels, [""] * len(channels)))


def payloads(conversations: Iterable[str]) -> list[str]:
    """Return notices that name these conversations, one in each line; one that names none stands for all."""
    found: list[str] = []
    lines: list[str] = []
    size = 0
    for conversation in conversations:
        length = len(conversation.encode()) + 1
        if length > LONGEST or "\n" in conversation:
            return [""]
        if size + length > LONGEST:
            found.append("\n".join(lines))
            lines, size = [], 0
        lines.append(conversation)
        size += length
    return [*found, "\n".join(lines)] if lines else found


def _somebody(tx: Transaction) -> int:
    row: Sequence[int] | None = tx.execute(_SOMEBODY, (tx.epoch,)).fetchone()
    return 0 if row is None else row[0]
