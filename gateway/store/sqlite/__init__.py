"""The store on one SQLite file: the file and its owner, the schema, the ports on both."""

from gateway.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
