"""Reads the database's URL, whose password no error shows."""

from pathlib import Path

from gateway.errors import SettingsError

NO_DRIVER = 'PostgreSQL takes a driver: pip install "bot-gateway[postgresql]"'
"""What is said where the driver of a database on PostgreSQL is not installed."""


def sqlite_file(url: str) -> Path:
    """Return the file that a URL of SQLite names.

    Args:
        url: ``sqlite:///FOLDER/FILE``.

    Raises:
        SettingsError: The URL is of another kind, or names no file.
    """
    scheme, _, rest = url.partition(":")
    file = rest.removeprefix("///")
    if scheme != "sqlite" or file == rest or file in ("", ":memory:"):
        # The rest of a URL may hold a password.
        raise SettingsError(f"DATABASE_URL: {scheme}: cannot be used here: write sqlite:///FOLDER/FILE")
    return Path(file)


def is_postgresql(url: str) -> bool:
    """Return whether a URL names a database on PostgreSQL, with or without the driver's name.

    Args:
        url: The URL.
    """
    return url.partition(":")[0].partition("+")[0] in ("postgresql", "postgres")
