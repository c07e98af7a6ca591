"""Gives up connections whose server does not answer: a driver waits for ever where a network swallows everything."""

import threading
import time

from gateway.store.postgresql.connection import PostgreSQLConnection

LOOK_EVERY = 0.5
"""Seconds between two looks."""


class Deadlines:
    """Looks after the connections of a store, in a thread of its own."""

    def __init__(self) -> None:
        self._connections: list[PostgreSQLConnection] = []
        self._changing = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look, perhaps once more after ``stop``."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._look, name="gateway-store-deadlines", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def watch(self, connection: PostgreSQLConnection) -> None:
        """Look after a connection until it is closed."""
        with self._changing:
            self._connections = [each for each in self._connections if not each.closed] + [connection]

    def _look(self) -> None:
        while not self._stopped.wait(LOOK_EVERY):
            with self._changing:
                connections = list(self._connections)
            now = time.monotonic()
            for connection in connections:
                since = connection.busy_since
                if since is not None and now - since > connection.silence:
                    connection.abort()
