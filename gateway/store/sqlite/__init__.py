"""The store on one SQLite file: the file and its owner, the schema, and the ports that both implement."""

from gateway.store.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore"]
