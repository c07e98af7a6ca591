"""Threads that are only marked as deleted, in a schema that has such a mark: nothing of them is shown."""

from typing import Any

from sqlalchemy import ColumnElement, exists

from gateway.data.sql.transactions import Transaction


def not_deleted(t: Transaction) -> list[ColumnElement[bool]]:
    """Return the conditions that a thread is not marked as deleted; none where threads have no such mark."""
    threads = t.schema.threads
    return [threads.c.deletedAt.is_(None)] if "deletedAt" in threads.c else []


def of_shown_thread(t: Transaction, thread_id: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """Return the conditions that a row belongs to a thread that is not marked as deleted."""
    conditions = not_deleted(t)
    return [exists().where(t.schema.threads.c.id == thread_id, *conditions)] if conditions else []
