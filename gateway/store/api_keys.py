"""Whether there are valid API keys in a database that no gateway has opened yet."""

import time

from gateway.errors import SettingsError
from gateway.model import API_KEY, StoredApiKey
from gateway.store import beside
from gateway.store.core.codec import loads

SERVES_API = "api"
"""The name of the note by which a gateway says, for the command line, whether it serves the HTTP API: ``on``."""

_ALL = "SELECT id, body FROM documents WHERE kind = ?"


def has_api_keys(url: str) -> bool:
    """Return whether a database has API keys that are neither revoked nor expired; False where there is no database
    yet, or one that cannot be read now: the start says why.

    Args:
        url: The database's URL, as for ``gateway.store.beside.opened``.
    """
    now = time.time()
    try:
        with beside.opened(url) as connection:
            rows = connection.execute(_ALL, (API_KEY,)).fetchall()
    except SettingsError:
        return False
    return any(StoredApiKey.from_body(id, loads(body)).is_valid(now) for id, body in rows)
