"""The store: keeps the inbox, the journals and the sessions in the database that a URL names."""

from typing import TYPE_CHECKING, TypeAlias

from gateway.errors import SettingsError
from gateway.ports import Store
from gateway.store.sqlite import SQLiteStore
from gateway.store.urls import NO_DRIVER, is_postgresql, sqlite_file

if TYPE_CHECKING:
    from gateway.store.postgresql import PostgreSQLStore

    AnyStore: TypeAlias = SQLiteStore | PostgreSQLStore

__all__ = ["Inspector", "SQLiteStore", "open_store"]


def open_store(url: str, *, owner: bool = True) -> Store:
    """Return the store that a ``DATABASE_URL`` names, not opened yet. Raises ``SettingsError`` for a URL that cannot be
    used.

    Args:
        url: ``sqlite:///FOLDER/FILE``, or ``postgresql://USER@HOST/NAME`` with libpq's parameters.
        owner: Whether the process runs conversations; without, it opens beside gateways that may be running.
    """
    return _store(url, owner=owner)


def _store(url: str, *, owner: bool) -> "AnyStore":
    if not is_postgresql(url):
        return SQLiteStore(sqlite_file(url), owner=owner)
    try:
        from gateway.store.postgresql import PostgreSQLStore
    except ImportError:
        raise SettingsError(NO_DRIVER) from None
    return PostgreSQLStore(url, replica=owner)


class Inspector:
    """Opens the store of a gateway that may be running, beside it: ``async with Inspector(url) as store``."""

    def __init__(self, url: str) -> None:
        self._store = _store(url, owner=False)

    async def __aenter__(self) -> "AnyStore":
        await self._store.open()
        return self._store

    async def __aexit__(self, *_: object) -> None:
        await self._store.close()
