"""The PostgreSQL server that tests make their databases on, and what is said where none answers."""

import asyncio
import atexit
import os
import warnings
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from uuid import uuid4

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.store.core.tables import metadata
from gateway.store.tables import upgrade
from tests.support.left_out import UNTESTED

LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"
"""The server of a developer's machine, where ``TEST_DATABASE_URL`` names no other."""


def server_url() -> str:
    """The server's URL, for SQLAlchemy."""
    url = make_url(os.environ.get("TEST_DATABASE_URL") or LOCAL).set(drivername="postgresql+asyncpg")
    return url.render_as_string(hide_password=False)


@asynccontextmanager
async def database(options: str = "") -> AsyncIterator[str]:
    """The URL of a new database, which is dropped at the end. Skip the test where no server answers.

    Args:
        options: How it is made (``CREATE DATABASE``).
    """
    _require_server()
    url, name = _named(f"test_{uuid4().hex}")
    await _run(f"CREATE DATABASE {name} {options}")
    try:
        yield url
    finally:
        await _run(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def tables() -> AsyncIterator[str]:
    """The URL of a database with the gateway's tables, empty. All tests of a process use the same one, because making
    it takes longer than most of them. Skip the test where no server answers."""
    _require_server()
    url, name = _named(f"test_{_PROCESS}")
    if not _made:
        await _run(f"CREATE DATABASE {name}")
        atexit.register(lambda: asyncio.run(_run(f"DROP DATABASE {name} WITH (FORCE)")))
        _made.append(name)
        await upgrade(url)
    names = [name for name in (*metadata.tables, "replicas", "leases") if name not in ("alembic_version", "owner")]
    statements = [f"DELETE FROM {name}" for name in names]
    await _run(*statements, "UPDATE owner SET epoch = 0, last_seq = 0, checked_at = 0", url=url)
    yield url


_PROCESS = uuid4().hex
_made: list[str] = []


def _named(name: str) -> tuple[str, str]:
    return make_url(server_url()).set(database=name).render_as_string(hide_password=False), name


def _require_server() -> None:
    if reason := _missing():
        with warnings.catch_warnings():
            warnings.simplefilter("always")  # a warning is an error here, and this one must not fail the test
            warnings.warn(pytest.PytestWarning(reason), stacklevel=1)
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@cache
def _missing() -> str | None:
    """Return why there is no server, None if one answers. It is asked once, in a thread with a loop of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _problem()).result()


async def _problem() -> str | None:
    try:
        await _run("SELECT 1")
    except (OSError, DBAPIError) as error:
        url = make_url(server_url()).render_as_string()
        return f"{UNTESTED}: {url} gives {type(error).__name__}; TEST_DATABASE_URL names another server"
    return None


async def _run(*statements: str, url: str | None = None) -> None:
    engine = create_async_engine(url or server_url(), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()
