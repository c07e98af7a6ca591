"""URLs of databases as operators write them, and what SQLAlchemy's asynchronous drivers make of them."""

import importlib
import inspect
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVERS = {"postgresql": "asyncpg", "sqlite": "aiosqlite"}
"""The driver that is taken for a database when the URL names none."""

ASYNCHRONOUS = frozenset({"asyncpg", "aiosqlite", "psycopg", "psycopg_async"})
"""Drivers of these databases that SQLAlchemy can wait for without a thread."""

_LIBPQ = frozenset(
    {
        "application_name", "gsslib", "krbsrvname", "passfile", "service", "ssl_max_protocol_version",
        "ssl_min_protocol_version", "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation", "sslpassword",
        "sslrootcert", "target_session_attrs",
    }
)  # fmt: skip
"""Parameters of libpq's URLs that asyncpg reads in the same way, but only in a URL of its own."""

_SQLALCHEMY = frozenset({"prepared_statement_cache_size", "prepared_statement_name_func"})
"""Parameters that SQLAlchemy takes for asyncpg."""

_TRANSLATED = frozenset({"connect_timeout", "schema"})
"""Parameters of libpq and of Prisma that are arguments of another name for asyncpg."""


class Target(NamedTuple):
    """A database to connect to."""

    url: URL
    arguments: dict[str, Any]
    """Arguments for the driver's connect."""


def read_url(given: str) -> Target:
    """Read the URL of a PostgreSQL or SQLite database, with or without the name of an asynchronous driver.

    Args:
        given: The URL. Its parameters may be those of libpq that asyncpg knows (``sslmode``, ``sslrootcert``, …),
            libpq's ``connect_timeout`` (seconds), Prisma's ``schema``, and arguments of asyncpg's connect.

    Raises:
        ValueError: It is no URL, or one of another database, of a driver that is not asynchronous, or with a parameter
            that nobody knows. The message does not contain the password.
    """
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):  # whose text may contain a part of the URL
        raise ValueError(
            "the database's URL cannot be read: write postgresql://user:password@host:5432/name or sqlite:///file.db,"
            " with special characters in the password percent-encoded"
        ) from None
    database, _, driver = url.drivername.partition("+")
    database = "postgresql" if database == "postgres" else database
    if database not in DRIVERS:
        raise ValueError(f"{database!r} is a database that is not supported: give a URL of PostgreSQL or SQLite")
    driver = driver or DRIVERS[database]
    url = url.set(drivername=f"{database}+{driver}")
    if driver not in ASYNCHRONOUS:
        raise ValueError(
            f"{database}+{driver} is not an asynchronous driver: write {database}+{DRIVERS[database]}://…"
            f" or only {database}://…"
        )
    return _for_asyncpg(url) if driver == "asyncpg" else Target(url, {})


def _for_asyncpg(url: URL) -> Target:
    query: Mapping[str, str | tuple[str, ...]] = url.query
    own = set(inspect.signature(importlib.import_module("asyncpg").connect).parameters)
    if unknown := sorted(set(query) - own - _LIBPQ - _SQLALCHEMY - _TRANSLATED):
        raise ValueError(f"the database's URL has the parameter {unknown[0]!r}, which asyncpg does not know: remove it")
    # SQLAlchemy reads hosts and ports; other arguments of the driver are text in a URL, and most have to be numbers.
    numbers = {
        {"connect_timeout": "timeout"}.get(name, name): int(value)
        for name, value in query.items()
        if isinstance(value, str) and value.isdecimal() and name not in _LIBPQ | {"port"}
    }
    arguments: dict[str, Any] = dict(numbers)
    libpq = {name: value for name, value in query.items() if name in _LIBPQ}
    if libpq.get("sslrootcert") == "system":
        # For libpq this means: by the certificates that the machine trusts, and the server's name as well.
        arguments["ssl"] = ssl.create_default_context()
        libpq = {name: value for name, value in libpq.items() if name not in ("sslmode", "sslrootcert")}
    if libpq:
        arguments["dsn"] = "postgresql://?" + urlencode(libpq, doseq=True)
    if "schema" in query:
        arguments["server_settings"] = {"search_path": query["schema"]}
    return Target(url.difference_update_query([*_LIBPQ, *_TRANSLATED, *numbers]), arguments)


def libpq_url(given: str) -> str:
    """Return the URL of a PostgreSQL database as libpq reads it: without the name of a driver.

    Args:
        given: The URL, as ``read_url`` takes it.
    """
    scheme, _, rest = given.partition(":")
    return f"{scheme.partition('+')[0]}:{rest}"
