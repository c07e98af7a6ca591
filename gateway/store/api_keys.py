"""Whether there are API keys in a database that no gateway has opened yet."""

from contextlib import closing

from gateway.errors import SettingsError
from gateway.store.sqlite.file import open_shared
from gateway.store.urls import sqlite_file

KIND = "gateway.api_key"
"""The kind of the documents that hold API keys."""

_ANY = "SELECT count(*) FROM documents WHERE kind = ?"


def has_api_keys(url: str) -> bool:
    """Return whether API keys were made in a database (``sqlite:///FOLDER/FILE``); False where there is no database
    yet, or one that cannot be read now: the start says why."""
    try:
        with closing(open_shared(sqlite_file(url))) as database:
            return bool(database.connection.execute(_ANY, (KIND,)).fetchone()[0])
    except SettingsError:
        return False
