"""The operations on deliveries where several replicas share them. Those that run turns name the conversation."""

from collections.abc import Iterable, Sequence
from typing import Any

from gateway.store.core.codec import Row
from gateway.store.core.distributed import SAID
from gateway.store.core.kinds.deliveries import (
    DEAD,
    EXONERATE,
    HAND_OVER,
    OPEN,
    PENDING_IN,
    REVIVE_AFTER,
    Found,
    Key,
    Put,
    remember_death,
)
from gateway.store.core.kinds.sessions import find_sessions
from gateway.store.core.transaction import Transaction
from gateway.store.postgresql.leases import PART, Leases
from gateway.store.postgresql.wakes import wake, wake_all

# The numbers are given in the order of arrival; the rows are inserted in the order of their keys, so that two replicas
# that were sent the same deliveries do not wait for each other.
INSERT = """INSERT INTO deliveries (seq, key, conversation, ref, body, received_at, started, person)
    SELECT seq, key, conversation, ref, body, received_at, started, person FROM (
        SELECT nextval('deliveries_seq') AS seq, arrived.* FROM unnest(CAST(? AS text[]), CAST(? AS text[]),
            CAST(? AS bytea[]), CAST(? AS bytea[]), CAST(? AS float8[]), CAST(? AS bigint[]), CAST(? AS text[]))
            WITH ORDINALITY AS arrived (key, conversation, ref, body, received_at, started, person, place)
        ORDER BY place) AS numbered
    ORDER BY conversation, key
    ON CONFLICT (conversation, key) DO NOTHING RETURNING conversation, key, seq"""
GIVEN = "unnest(CAST(? AS text[]), CAST(? AS text[])) AS given (conversation, key)"
"""Conversations and keys of deliveries, each in an array: the server looks up each pair."""
_IS_GIVEN = "deliveries.conversation = given.conversation AND deliveries.key = given.key"
FIND = f"""SELECT conversation, key, seq, state, attempts, interrupted, revived, closed_at
    FROM deliveries JOIN {GIVEN} USING (conversation, key)"""  # noqa: S608
REVIVE = """UPDATE deliveries SET state = 0, revived = 1, attempts = 0, interrupted = 0, not_before = 0,
    closed_at = NULL, error = NULL, seq = nextval('deliveries_seq'), ref = ?, body = ?, received_at = ?, started = ?,
    person = ? WHERE conversation = ? AND key = ? RETURNING seq"""
AMEND = "UPDATE deliveries SET twin = ? WHERE conversation = ? AND key = ? AND state = 0"
OPEN_OF = f"FROM {GIVEN} WHERE {_IS_GIVEN} AND state = 0"
START = f"UPDATE deliveries SET started = ? {OPEN_OF} RETURNING deliveries.conversation, deliveries.key"  # noqa: S608
PAUSE = f"UPDATE deliveries SET started = 0, revived = 1 {OPEN_OF}"  # noqa: S608
RELEASE_ALL = f"DELETE FROM leases WHERE replica = ? AND left(conversation, {len(PART)}) <> '{PART}'"  # noqa: S608
CHECK = "UPDATE replicas SET until = until WHERE number = ?"
RETIRE = "UPDATE replicas SET retired = ? WHERE number = ?"
LEFT = """SELECT DISTINCT conversation FROM deliveries
    WHERE state = 0 AND conversation = ANY (CAST(? AS text[]))"""

_COLUMNS = "seq, key, ref, body, twin, received_at, attempts, interrupted, revived"
# Those that other replicas run are left to them. A row of a replica that died counts until it is buried.
PENDING = f"""SELECT {_COLUMNS} FROM deliveries LEFT JOIN leases USING (conversation)
        LEFT JOIN replicas ON replicas.number = leases.replica
    WHERE state = 0 AND seq > ? AND not_before <= ? AND coalesce(replicas.number, ?) = ? ORDER BY seq LIMIT ?"""  # noqa: S608
COUNT_OPEN = """SELECT count(*) FROM deliveries LEFT JOIN leases USING (conversation)
        LEFT JOIN replicas ON replicas.number = leases.replica
    WHERE state = 0 AND coalesce(replicas.number, ?) = ?"""
STATES = "SELECT key, state, error, posted FROM deliveries WHERE key = ANY (CAST(? AS text[]))"
STATES_OF_SAID = f"{STATES} AND key LIKE '{SAID}%'"
RETRY = """UPDATE deliveries SET state = 0, revived = 1, attempts = 0, interrupted = 0, started = 0, not_before = 0,
    closed_at = NULL, error = NULL, seq = nextval('deliveries_seq')
    WHERE state = 2 AND key = ANY (CAST(? AS text[])) RETURNING conversation"""
DROP = """UPDATE deliveries SET state = 1, closed_at = ?, ref = NULL, body = NULL, twin = NULL, error = NULL,
    person = NULL WHERE state = 2 AND key = ANY (CAST(? AS text[])) RETURNING conversation, key"""
FORGET_EFFECTS = f"""DELETE FROM effects USING {GIVEN}
    WHERE effects.conversation = given.conversation AND effects.delivery = given.key"""  # noqa: S608

_DEAD_REPLICAS = """SELECT number FROM replicas WHERE until < extract(epoch FROM clock_timestamp()) AND number <> ?
    FOR UPDATE SKIP LOCKED"""
# Frozen in the middle of a transaction, a replica would keep what that has locked.
_END_CONNECTIONS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
    AND usename = current_user AND application_name IN (SELECT 'gateway ' || left(id, 12) FROM replicas
        WHERE until < extract(epoch FROM clock_timestamp()) AND number <> ?)"""
FORGET_LEASES = "DELETE FROM leases WHERE replica = ANY (CAST(? AS bigint[]))"
_BURY = "DELETE FROM replicas WHERE number = ANY (CAST(? AS bigint[]))"
_RAN = "state = 0 AND started = ANY (CAST(? AS bigint[]))"
SUSPECTS = f"""SELECT count(*), coalesce(sum(CASE WHEN interrupted > 0 THEN 1 ELSE 0 END), 0) FROM deliveries
    WHERE {_RAN}"""  # noqa: S608
INTERRUPT = f"UPDATE deliveries SET interrupted = interrupted + 1, started = 0 WHERE {_RAN}"  # noqa: S608
INTERRUPT_SEVERAL = f"""UPDATE deliveries
    SET interrupted = CASE WHEN interrupted < 2 THEN interrupted + 1 ELSE interrupted END, started = 0
    WHERE {_RAN}"""  # noqa: S608


class SharedDeliveries:
    """The operations on deliveries of one replica.

    Args:
        leases: What this replica holds.
    """

    def __init__(self, leases: Leases) -> None:
        self._leases = leases

    # Putting

    def put(self, tx: Transaction, items: Sequence[Put]) -> list[Found]:
        """Store deliveries, take the leases of conversations that no replica runs, and wake those of the others."""
        holders = self._leases.take(tx, _distinct(item[1] for item in items))
        mine = {item[1]: holders.get(item[1]) == tx.epoch != 0 for item in items}
        taken = self._leases.just_taken()
        behind = self._left(tx, taken)
        runs = {conversation for conversation, is_mine in mine.items() if is_mine and conversation not in behind}
        columns = _columns(
            [
                (key, conversation, ref, body, at, tx.epoch if started and conversation in runs else 0, person)
                for key, conversation, ref, body, at, started, person, _ in items
            ],
            7,
        )
        numbers: dict[Key, int] = {
            (conversation, key): seq for conversation, key, seq in tx.execute(INSERT, columns).fetchall()
        }
        known: dict[Key, list[Any]] = {}
        if len(numbers) < len(items):
            wanted = [(item[1], item[0]) for item in items]
            found = tx.execute(FIND, _columns(wanted, 2)).fetchall()
            known = {(conversation, key): columns for conversation, key, *columns in found}
        sessions = find_sessions(tx, [item[1] for item in items if item[7]])
        results: list[Found] = []
        for item in items:
            place = (item[1], item[0])
            # The first of two in this set is the new one.
            seq = numbers.pop(place, None)
            new = (seq or 0, True, 0, 0, False)
            state = new if seq is not None else self._known(tx, known[place], item, item[1] in runs)
            session = sessions.get(item[1]) if item[7] else None
            number, is_new, attempts, interrupted, revived = state
            found_as = (number, is_new, attempts, interrupted, revived, session)
            # What a duplicate repeats may have been stored by another replica since we looked.
            is_behind = item[1] in behind or (not is_new and item[1] in taken)
            results.append((*found_as, mine[item[1]], is_behind))
        woken = {item[1]: holders.get(item[1], 0) for item, result in zip(items, results, strict=True) if result[1]}
        wake(tx, {each: number for each, number in woken.items() if not mine[each]})
        return results

    def _known(self, tx: Transaction, known: list[Any], item: Put, runs: bool) -> tuple[int, bool, int, int, bool]:
        key, conversation, ref, body, received_at, started, person, _ = item
        seq, state, attempts, interrupted, revived, closed_at = known
        if state != DEAD or received_at <= closed_at + REVIVE_AFTER:
            return seq, False, attempts, interrupted, bool(revived)
        begun = tx.epoch if started and runs else 0
        (seq,) = tx.execute(REVIVE, (ref, body, received_at, begun, person, conversation, key)).fetchone()
        known[:] = [seq, OPEN, 0, 0, 1, None]  # for its twin in this set
        return seq, True, 0, 0, True

    def amend(self, tx: Transaction, items: Sequence[tuple[str, str, bytes]]) -> Sequence[None]:
        """Store second bodies, and wake the replicas that run the conversations."""
        tx.executemany(AMEND, [(twin, conversation, key) for conversation, key, twin in items])
        holders = self._leases.holders(tx, _distinct(conversation for conversation, *_ in items))
        wake(tx, {each: number for each, number in holders.items() if number != tx.epoch})
        return [None] * len(items)

    # Turns

    def start(self, tx: Transaction, items: Sequence[Key]) -> list[bool]:
        """Note that turns begin; return for each whether its delivery is open."""
        begun = set(tx.execute(START, (tx.epoch, *_columns(items, 2))).fetchall())
        return [item in begun for item in items]

    def pause(self, tx: Transaction, items: Sequence[Key]) -> Sequence[None]:
        """Note that turns only wait for an answer."""
        tx.execute(PAUSE, _columns(items, 2))
        return [None] * len(items)

    def claim(self, tx: Transaction, conversations: Sequence[str]) -> list[bool]:
        """Take leases; return for each whether this replica holds it."""
        holders = self._leases.take(tx, _distinct(conversations))
        return [holders.get(each) == tx.epoch != 0 for each in conversations]

    def release(self, tx: Transaction, conversations: Sequence[str]) -> Sequence[None]:
        """Release leases. When this replica is about to end, another one is woken for what is left."""
        self._leases.release(tx, conversations)
        return self.pass_on(tx, conversations) if self._leases.retired else [None] * len(conversations)

    def pass_on(self, tx: Transaction, conversations: Sequence[str]) -> Sequence[None]:
        """Wake another replica for what is open in conversations."""
        wake(tx, dict.fromkeys(self._left(tx, conversations), 0))
        return [None] * len(conversations)

    def _left(self, tx: Transaction, conversations: Sequence[str]) -> set[str]:
        """Return the conversations in which something is open."""
        if not conversations:
            return set()
        return {each for (each,) in tx.execute(LEFT, (list(conversations),)).fetchall()}

    def retire(self, tx: Transaction, items: Sequence[None]) -> Sequence[None]:
        """Note that this replica takes no further leases."""
        self._leases.retired = True
        tx.execute(RETIRE, (True, tx.epoch))
        return items

    def enlist(self, tx: Transaction, items: Sequence[None]) -> Sequence[None]:
        """Note that others may wake this replica for what nobody runs."""
        tx.execute(RETIRE, (self._leases.retired, tx.epoch))
        return items

    def hand_over(self, tx: Transaction, items: Sequence[None]) -> Sequence[None]:
        """Give up the leases on all conversations, and have the others look for what is left."""
        self._leases.retired = True
        tx.execute(HAND_OVER, (tx.epoch,))
        tx.execute(RELEASE_ALL, (tx.epoch,))
        self._leases.give_up()
        wake_all(tx)
        return items

    def check(self, tx: Transaction, items: Sequence[None]) -> Sequence[None]:
        """Write something that is this replica's own."""
        tx.execute(CHECK, (tx.epoch,))
        return items

    # What replicas that died have left

    def end_connections(self, tx: Transaction, items: Sequence[None]) -> Sequence[None]:
        """End the connections of replicas whose leases have ended."""
        tx.execute(_END_CONNECTIONS, (tx.epoch,)).fetchall()
        return items

    def recover(self, tx: Transaction, items: Sequence[None]) -> list[int]:
        """Bury the replicas whose leases have ended, and return how many deliveries no other replica runs."""
        dead = [number for (number,) in tx.execute(_DEAD_REPLICAS, (tx.epoch,)).fetchall()]
        if dead:
            self._interrupt(tx, dead)
            tx.execute(FORGET_LEASES, (dead,))
            tx.execute(_BURY, (dead,))
            wake_all(tx)
        count: int = tx.execute(COUNT_OPEN, (tx.epoch, tx.epoch)).fetchone()[0]
        return [count] * len(items)

    def _interrupt(self, tx: Transaction, dead: Sequence[int]) -> None:
        ran, suspected = tx.execute(SUSPECTS, (dead,)).fetchone()
        if not ran:
            return
        remember_death(tx)
        if not suspected:
            tx.execute(EXONERATE)
        tx.execute(INTERRUPT if ran == 1 or suspected == 1 else INTERRUPT_SEVERAL, (dead,))

    # Reading

    def pending(self, tx: Transaction, items: Sequence[tuple[str | None, int, float, int]]) -> list[list[Row]]:
        """Return open deliveries: of one conversation, or all that no other replica runs."""
        return [
            self._pending(tx, after, now, limit)
            if conversation is None
            else tx.execute(PENDING_IN, (conversation, after, now, limit)).fetchall()
            for conversation, after, now, limit in items
        ]

    def _pending(self, tx: Transaction, after: int, now: float, limit: int) -> list[Row]:
        membership = self._leases.membership
        number = 0 if membership is None else membership.number
        # What nobody runs is for those that take leases.
        nobody = -1 if self._leases.retired else number
        return tx.execute(PENDING, (after, now, nobody, number, limit)).fetchall()

    def states(self, tx: Transaction, items: Sequence[Sequence[str]]) -> list[list[Row]]:
        """Return how far deliveries are."""
        return [
            [
                row
                for statement, some in ((STATES_OF_SAID, _said(keys, True)), (STATES, _said(keys, False)))
                if some
                for row in tx.execute(statement, (some,)).fetchall()
            ]
            for keys in items
        ]

    # Dead letters

    def retry(self, tx: Transaction, items: Sequence[Sequence[str]]) -> list[int]:
        """Open dead letters again, and wake whoever runs their conversations."""
        counts: list[int] = []
        for keys in items:
            opened = [conversation for (conversation,) in tx.execute(RETRY, (list(keys),)).fetchall()]
            holders = self._leases.holders(tx, _distinct(opened))
            wake(tx, {each: holders.get(each, 0) for each in opened})
            counts.append(len(opened))
        return counts

    def drop(self, tx: Transaction, items: Sequence[Sequence[str]]) -> list[int]:
        """Mark dead letters done."""
        counts: list[int] = []
        for keys in items:
            dropped = tx.execute(DROP, (tx.now, list(keys))).fetchall()
            tx.execute(FORGET_EFFECTS, _columns(dropped, 2))
            counts.append(len(dropped))
        return counts


def _said(keys: Sequence[str], said: bool) -> list[str]:
    """Return the keys of what programs want said, which have an index of their own, or the others."""
    return [key for key in keys if key.startswith(SAID) == said]


def _distinct(conversations: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(conversations))


def _columns(rows: Sequence[Sequence[Any]], width: int) -> tuple[list[Any], ...]:
    """Return the columns of rows, each as a list: one value of an array for each row."""
    return tuple([row[column] for row in rows] for column in range(width))
