"""The store: keeps the inbox, the journals and the sessions in the database that a URL names."""

from gateway.ports import Store
from gateway.store.sqlite import SQLiteStore
from gateway.store.urls import sqlite_file

__all__ = ["Inspector", "SQLiteStore", "open_store"]


def open_store(url: str) -> Store:
    """Return the store that a ``DATABASE_URL`` names, not opened yet. Raises ``SettingsError`` for a URL that cannot be
    used."""
    return SQLiteStore(sqlite_file(url))


class Inspector:
    """Opens the store of a gateway that may be running, beside it: ``async with Inspector(url) as store``."""

    def __init__(self, url: str) -> None:
        self._store = SQLiteStore(sqlite_file(url), owner=False)

    async def __aenter__(self) -> SQLiteStore:
        await self._store.open()
        return self._store

    async def __aexit__(self, *_: object) -> None:
        await self._store.close()
