"""Opens a database to read it, beside the gateways that may be running on it."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from types import ModuleType

from gateway.errors import SettingsError
from gateway.store.core.connection import ReadingConnection
from gateway.store.sqlite.file import clear_errors, open_shared
from gateway.store.urls import NO_DRIVER, is_postgresql, sqlite_file


@contextmanager
def opened(url: str) -> Generator[ReadingConnection]:
    """Open the database for the time of a block, in which it is seen as it was at one moment.

    Args:
        url: ``sqlite:///FOLDER/FILE``, or ``postgresql://USER@HOST/NAME`` with libpq's parameters.

    Raises:
        SettingsError: There is no such database, it needs another version of the gateway, or it cannot be read.
    """
    if is_postgresql(url):
        with _postgresql().reading(url) as connection:
            yield connection
        return
    path = sqlite_file(url)
    with closing(open_shared(path)) as database, clear_errors(path):
        database.begin(writes=False)
        yield database.connection


def gateways_run(url: str) -> bool:
    """Return whether gateways run on a database on PostgreSQL. One that has a SQLite file locks it, which says so to
    whoever opens it.

    Args:
        url: The database's URL, as for ``opened``.

    Raises:
        SettingsError: As ``opened`` does.
    """
    return is_postgresql(url) and _postgresql().replicas(url) > 0


def _postgresql() -> ModuleType:
    try:
        from gateway.store.postgresql import beside
    except ImportError:
        raise SettingsError(NO_DRIVER) from None
    return beside
