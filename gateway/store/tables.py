"""Brings the tables of the database that a URL names up to date, and says which version they have."""

from dataclasses import dataclass
from pathlib import Path

from gateway.store.migrations import HEAD
from gateway.store.sqlite import maintenance
from gateway.store.sqlite.schema import copies_of, copy_of
from gateway.store.urls import is_postgresql, sqlite_file


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did."""

    before: int
    """The version the tables had, 0 for none."""
    after: int
    """The version they have now."""
    copy: Path | None = None
    """Where the former database was copied to."""
    notices: tuple[str, ...] = ()
    """What is not as it should be, though the upgrade is done."""


async def upgrade(url: str) -> Upgraded:
    """Create the tables, or migrate them to ``HEAD``.

    Args:
        url: ``sqlite:///FOLDER/FILE``, or ``postgresql://USER@HOST/NAME`` with libpq's parameters.

    Raises:
        SettingsError: The database cannot be reached, belongs to another program, is in use by a gateway, or is of a
            newer one.
    """
    if is_postgresql(url):
        from gateway.store.postgresql import schema

        before, notices = await schema.upgrade(url)
        return Upgraded(before, max(before, HEAD), notices=notices)
    path = sqlite_file(url)
    before = maintenance.upgrade(path)
    return Upgraded(before, HEAD, copy=copy_of(path, before) if 0 < before < HEAD else None)


async def current(url: str) -> int:
    """Return the version of the tables, 0 where there are none.

    Args:
        url: As for ``upgrade``.

    Raises:
        SettingsError: The database cannot be reached, or belongs to another program.
    """
    if is_postgresql(url):
        from gateway.store.postgresql import schema

        return await schema.current(url)
    return maintenance.current(sqlite_file(url))


def copies(url: str) -> list[Path]:
    """Return the copies of a database that migrations have left beside it, none for one on a server.

    Args:
        url: As for ``upgrade``.
    """
    return [] if is_postgresql(url) else copies_of(sqlite_file(url))
