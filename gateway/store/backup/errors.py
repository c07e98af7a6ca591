"""Names the backup in every error about it."""

import contextlib
import os
import sqlite3
from collections.abc import Generator
from pathlib import Path

from gateway.disk import is_full, make_room
from gateway.errors import SettingsError
from gateway.store.sqlite.file import is_full_disk


@contextlib.contextmanager
def about(backup: Path, *, disk: Path) -> Generator[None]:
    """Turn an error of the block into a ``SettingsError`` of one line that names the backup and the fix.

    Args:
        backup: The backup.
        disk: Where the block writes, for the advice to make room there.
    """
    try:
        yield
    except SettingsError as error:
        raise SettingsError(f"backup {backup}: {error}") from None
    except OSError as error:
        fix = make_room(disk) if is_full(error) else "choose another file, or make this one accessible"
        raise SettingsError(f"backup {backup}: {error.strerror or error}: {fix}") from error
    except sqlite3.DatabaseError as error:
        fix = make_room(disk) if is_full_disk(error, disk) else "take another backup"
        raise SettingsError(f"backup {backup}: {error}: {fix}") from error


def sync_folder(folder: Path) -> None:
    """Make the names of a folder's files durable.

    Args:
        folder: The folder.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
