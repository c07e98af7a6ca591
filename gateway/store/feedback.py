"""Reads what people think of answers, beside a gateway that may be running."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from gateway.model.text import time_text
from gateway.store import beside
from gateway.store.core.queries import compiled
from gateway.store.core.tables import feedbacks, steps, threads

COLUMNS = ("at", "user", "platform", "thread", "title", "message_id", "message", "value", "comment")
"""What is told of each feedback."""


@contextmanager
def export(url: str, *, since: float | None = None) -> Generator[Iterator[dict[str, Any]]]:
    """Open the database for the time of a block, and give all feedback, oldest first, row by row.

    Args:
        url: The database's URL, as for ``gateway.store.beside.opened``.
        since: Only what was given at this time or later, in seconds since the epoch.

    Raises:
        SettingsError: There is no such database, or it needs another version of the gateway.
    """
    query = (
        select(
            feedbacks.c.createdAt,
            feedbacks.c.userIdentifier,
            threads.c.platform,
            feedbacks.c.threadId,
            threads.c.name,
            feedbacks.c.forId,
            steps.c.output,
            feedbacks.c.value,
            feedbacks.c.comment,
        )
        .outerjoin(steps, steps.c.id == feedbacks.c.forId)
        .outerjoin(threads, threads.c.id == feedbacks.c.threadId)
        .order_by(feedbacks.c.createdAt.nulls_first(), feedbacks.c.id)
    )
    if since is not None:
        query = query.where(feedbacks.c.createdAt >= time_text(since))
    with beside.opened(url) as connection:
        rows = connection.stream(*compiled(connection, query))
        yield (dict(zip(COLUMNS, row, strict=True)) for row in rows)
