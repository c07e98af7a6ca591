"""The PostgreSQL server that tests make their databases on, and what is said where none answers."""

import asyncio
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

from tests.support.left_out import UNTESTED

LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"
"""The server of a developer's machine, where ``TEST_DATABASE_URL`` names no other."""


def server_url() -> str:
    """The server's URL, for SQLAlchemy."""
    url = make_url(os.environ.get("TEST_DATABASE_URL") or LOCAL).set(drivername="postgresql+asyncpg")
    return url.render_as_string(hide_password=False)


@asynccontextmanager
async def database() -> AsyncIterator[str]:
    """The URL of a new database, which is dropped at the end. Skip the test where no server answers."""
    if reason := _missing():
        with warnings.catch_warnings():
            warnings.simplefilter("always")  # a warning is an error here, and this one must not fail the test
            warnings.warn(pytest.PytestWarning(reason), stacklevel=1)
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    name = f"test_{uuid4().hex}"
    await _run(f"CREATE DATABASE {name}")
    try:
        yield make_url(server_url()).set(database=name).render_as_string(hide_password=False)
    finally:
        await _run(f"DROP DATABASE {name} WITH (FORCE)")


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


async def _run(statement: str) -> None:
    engine = create_async_engine(server_url(), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text(statement))
    finally:
        await engine.dispose()
