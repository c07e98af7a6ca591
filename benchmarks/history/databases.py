"""Databases of the benchmarks: new ones with the gateway's tables, filled by the database itself in one transaction."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.store import tables

LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"
"""The PostgreSQL server, where ``TEST_DATABASE_URL`` names no other."""
PERSON = "slack:T0BENCH:U0KEPT"
"""The identifier of the person whose threads are listed."""
USER_ID = "00000000-0000-4000-8000-000000000000"
"""The id of that person."""
RARE = "platypus"
"""A word that one step of every thousandth thread has."""

_UUID = """lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' ||
    hex(randomblob(2)) || '-' || hex(randomblob(6)))"""
_WORDS = {
    "sqlite": {
        "uuid": _UUID,
        "numbers": "(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {}) SELECT n FROM c)",
        "at": "strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + {}, 'unixepoch') || '.000000Z'",
    },
    "postgresql": {
        "uuid": "CAST(gen_random_uuid() AS text)",
        "numbers": "(SELECT generate_series(1, {}) AS n)",
        "at": "to_char(to_timestamp(1767225600 + {}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') || '.000000Z'",
    },
}
"""What the databases say differently: a random id, the numbers from 1, and a time in seconds since 2026 as a text."""


@asynccontextmanager
async def sqlite() -> AsyncIterator[str]:
    """The URL of a new SQLite database with the gateway's tables, in a folder that is removed at the end."""
    with TemporaryDirectory(prefix="bench-history-") as folder:
        url = f"sqlite:///{Path(folder, 'gateway.db')}"
        await tables.upgrade(url)
        yield url


@asynccontextmanager
async def postgresql() -> AsyncIterator[str | None]:
    """The URL of a new PostgreSQL database with the gateway's tables, which is dropped at the end; None where no server
    answers."""
    server = make_url(os.environ.get("TEST_DATABASE_URL") or LOCAL).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    name = f"bench_{uuid4().hex}"
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {name}"))
    except (OSError, DBAPIError):
        yield None
        return
    try:
        url = server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        await tables.upgrade(url)
        yield url
    finally:
        async with engine.connect() as connection:
            await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        await engine.dispose()


async def fill(url: str, *, threads: int, steps: int, elements: bool = True) -> None:
    """Write a person with threads a second apart, each with its session and that many steps.

    Ids are random, as those of the gateway are, so that indexes on them are as scattered.

    Args:
        url: The URL of a new database with the gateway's tables.
        threads: How many threads.
        steps: How many steps each of them has.
        elements: Whether one step of each is rated and has an element.
    """
    engine = create_async_engine(make_url(url).set(drivername=_driver(url)))
    words = _WORDS[engine.dialect.name]
    uuid, object_ = words["uuid"], "CAST('{}' AS JSONB)" if engine.dialect.name == "postgresql" else "'{}'"
    at, made = words["at"].format("n"), words["at"].format("steps.n")
    values = {"person": PERSON, "user": USER_ID}
    statements = (
        f"INSERT INTO users (id, identifier, \"createdAt\", metadata) VALUES (:user, :person, '', {object_})",
        f"""INSERT INTO threads (id, "createdAt", "updatedAt", name, "userId", "userIdentifier", metadata, conversation,
                platform)
            SELECT {uuid}, {at}, {at}, 'Thread ' || n, :user, :person, {object_}, 'slack:T0BENCH:C0KEPT:' || n, 'slack'
            FROM {words["numbers"].format(threads)} AS numbers""",
        """INSERT INTO sessions (conversation, id, started_at, last_at)
            SELECT conversation, id, 1767225600, 1767225600 FROM threads WHERE "userId" = :user""",
        f"""INSERT INTO steps (id, name, type, "threadId", streaming, "waitForAnswer", "isError", metadata, input,
                output, "createdAt", start, "end", "showInput", "defaultOpen", "autoCollapse", "userIdentifier")
            SELECT {uuid}, 'bot', CASE WHEN steps.n % 2 = 1 THEN 'user_message' ELSE 'assistant_message' END,
                threads.id, FALSE, FALSE, FALSE, {object_}, '', threads.name || ' goes on about the weather of day ' ||
                    steps.n || CASE WHEN steps.n = 1 AND threads.name LIKE '%000' THEN ', and a {RARE}' ELSE '' END,
                {made}, {made}, {made}, 'false', FALSE, FALSE, :person
            FROM threads, {words["numbers"].format(steps)} AS steps WHERE threads."userId" = :user""",
        f"""INSERT INTO feedbacks (id, "forId", "threadId", value, "userIdentifier", "createdAt")
            SELECT {uuid}, min(id), "threadId", 1, :person, min("createdAt") FROM steps
            WHERE "userIdentifier" = :person GROUP BY "threadId\"""",
        f"""INSERT INTO elements (id, "threadId", type, name, display, "forId", mime, props, "userIdentifier")
            SELECT {uuid}, "threadId", 'text', 'notes', 'inline', "forId", 'text/plain', {object_}, :person
            FROM feedbacks WHERE "userIdentifier" = :person""",
    )
    try:
        async with engine.begin() as connection:
            for statement in statements if elements else statements[:4]:
                needed = {name: value for name, value in values.items() if f":{name}" in statement}
                await connection.execute(text(statement), needed)
        if engine.dialect.name == "postgresql":
            async with engine.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                await connection.execute(text("VACUUM ANALYZE"))
    finally:
        await engine.dispose()


def _driver(url: str) -> str:
    return "sqlite+aiosqlite" if url.startswith("sqlite") else "postgresql+asyncpg"
