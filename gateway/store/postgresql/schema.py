"""The tables in a PostgreSQL database: which version they have, and how they are brought up to date."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module

from sqlalchemy import Connection, NullPool, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from gateway.database_urls import read_url
from gateway.errors import SettingsError
from gateway.store.core.tables import alembic_version, metadata, owner
from gateway.store.migrations import HEAD, belongs_to_another, number, refuse_newer
from gateway.store.migrations.changes import bring_up_to_date
from gateway.store.postgresql.connection import PostgreSQLConnection
from gateway.store.urls import NO_DRIVER

LOCK = 0x626F74_6761
"""The number of the advisory lock that an upgrade holds; any number would do that nobody else uses."""
_MADE = "SELECT to_regclass('alembic_version') IS NOT NULL, to_regclass('owner') IS NOT NULL"
LOCK_SECONDS = 60
"""How long an upgrade waits for another one, and for whoever uses a table."""
LOCKED = "55P03"
"""PostgreSQL's code of the error that a lock was not to be had in time (Appendix A, ``lock_not_available``)."""


async def upgrade(url: str) -> tuple[int, tuple[str, ...]]:
    """Create the tables, or migrate them, in one transaction. Of two at once the second one waits.

    Args:
        url: The database's URL, as ``SQLAlchemyDataLayer`` takes it.

    Returns:
        The version the tables had, and notices of what this server does not have.

    Raises:
        SettingsError: The database cannot be reached, belongs to another program, or a newer gateway made it one that
            this one cannot use.
    """
    async with _connected(url) as connection:
        await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        found = await connection.run_sync(_usable_version)
        await connection.run_sync(bring_up_to_date, found)
        return found, await _index_texts(connection)


async def current(url: str) -> int:
    """Return the version of the tables, 0 where there are none.

    Args:
        url: The database's URL, as ``SQLAlchemyDataLayer`` takes it.

    Raises:
        SettingsError: The database cannot be reached, or belongs to another program.
    """
    async with _connected(url) as connection:
        return await connection.run_sync(_version)


def version(connection: PostgreSQLConnection, name: str) -> int:
    """Return the version of the tables, 0 where there are none. Raises ``SettingsError`` for tables of another program,
    and for those that only a newer gateway can use.

    Args:
        connection: A connection to the database.
        name: What errors call it (``shown``).
    """
    try:
        has_version, has_owner = connection.execute(_MADE).fetchone()
        if has_version and not has_owner:
            raise belongs_to_another()
        found = number(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]) if has_owner else 0
        if found > HEAD:
            refuse_newer(found, connection.execute("SELECT oldest FROM owner").fetchone()[0])
    except SettingsError as error:
        raise SettingsError(f"database {name}: {error}") from None
    return found


def check_current(connection: PostgreSQLConnection, name: str) -> None:
    """Raise ``SettingsError`` unless the tables are those this code knows, or newer ones that it may use.

    Args:
        connection: A connection to the database.
        name: What errors call it (``shown``).
    """
    found = version(connection, name)
    if found == 0:
        raise SettingsError(
            f"database {name}: it has no tables yet: start the gateway once, or run `gateway db upgrade`"
        )
    if found < HEAD:
        raise SettingsError(
            f"database {name}: its schema is version {found}, not {HEAD}: start the gateway once to migrate it"
        )


def shown(url: str) -> str:
    """Return a database's URL as logs and errors show it: without password and parameters.

    Args:
        url: The URL.
    """
    try:
        target = read_url(url).url
    except (ImportError, ValueError):
        return "PostgreSQL"
    return target.set(drivername="postgresql", query={}).render_as_string().replace(":***@", "@")


def _version(connection: Connection) -> int:
    names = set(inspect(connection).get_table_names())
    if alembic_version.name not in names:
        if taken := sorted(names & set(metadata.tables)):
            raise SettingsError(
                f"it has a table {taken[0]!r} that the gateway did not make: name a database of the gateway's own"
            )
        return 0
    found = connection.execute(select(alembic_version.c.version_num)).scalar_one_or_none()
    if found is None or "deliveries" not in names:
        raise belongs_to_another()
    return number(found)


def _usable_version(connection: Connection) -> int:
    """Return the version of the tables. Raises ``SettingsError`` where this gateway is too old for them."""
    found = _version(connection)
    if found > HEAD:
        refuse_newer(found, connection.execute(select(owner.c.oldest)).scalar_one())
    return found


async def _index_texts(connection: AsyncConnection) -> tuple[str, ...]:
    """Make the index that a search in texts uses, where the server has the extension it takes."""
    try:
        async with connection.begin_nested():
            await connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            await connection.execute(
                text("CREATE INDEX IF NOT EXISTS steps_output_trigrams ON steps USING gin (lower(output) gin_trgm_ops)")
            )
    except DBAPIError as error:
        return (f"searches read every text, because the extension pg_trgm is not to be had: {_line(error)}",)
    return ()


@asynccontextmanager
async def _connected(url: str) -> AsyncGenerator[AsyncConnection]:
    """Open a connection with a transaction. What is wrong with the database becomes a ``SettingsError`` of one line
    that names the database without its password."""
    try:
        target = read_url(url)
        driver = import_module(target.url.get_driver_name())
        engine = create_async_engine(target.url, poolclass=NullPool, connect_args=target.arguments)
    except ImportError:
        raise SettingsError(NO_DRIVER) from None
    except ValueError as error:
        raise SettingsError(str(error)) from None
    # What asyncpg raises while it connects, SQLAlchemy leaves as it is.
    errors = [getattr(driver, name) for name in ("PostgresError", "InterfaceError") if hasattr(driver, name)]
    name = shown(url)
    try:
        async with engine.begin() as connection:
            yield connection
    except SettingsError as error:
        raise SettingsError(f"database {name}: {error}") from None
    except TimeoutError:
        raise SettingsError(f"database {name}: no answer: check host, port and firewall") from None
    except (DBAPIError, *errors, OSError, ValueError) as error:
        fix = "check the URL, that the server runs, and that its user may connect and create tables"
        if getattr(getattr(error, "orig", None), "sqlstate", None) == LOCKED:
            fix = "another upgrade is running, or a program holds the tables: try again when it is done"
        raise SettingsError(f"database {name}: {_line(error)}: {fix}") from None
    finally:
        await engine.dispose()


def _line(error: BaseException) -> str:
    """Return the first line of what the server said."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = str(said).partition("\n")[0] or type(said).__name__
    return text.partition(">: ")[2] or text  # SQLAlchemy puts the driver's class before its message
