"""Restores a backup, while no gateway uses the database."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.disk import create, make_folder
from gateway.errors import SettingsError
from gateway.store.backup.errors import about
from gateway.store.backup.form import BLOBS, DATABASE, Tell
from gateway.store.backup.place import Place
from gateway.store.backup.progress import Progress
from gateway.store.backup.reader import Member, read
from gateway.store.migrations import refuse_newer
from gateway.store.sqlite import schema
from gateway.store.sqlite.file import clear_errors
from gateway.store.sqlite.maintenance import alone


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    made_at: str
    """When the backup was made, in ISO 8601 in UTC."""
    tables: int
    """The version of the database's tables; an older one is migrated when the gateway starts."""
    blobs: int | None
    """The number of blobs, None where the backup has none because they were kept elsewhere."""


def restore(source: Path, database: Path, blobs: Path | None, *, force: bool, tell: Tell) -> Restored:
    """Put what a backup holds in the place of the database and of the folder of blobs.

    All of it is unpacked beside them and checked first: the members, their digest, SQLite's integrity check, the
    version of the tables. Whatever is wrong, nothing is changed. Then the folder and the database are renamed; where
    the machine dies between the two, the next ``restore`` mends that.

    Args:
        source: The backup.
        database: The SQLite file, which may exist.
        blobs: The folder of the blobs, None when they are kept elsewhere.
        force: Whether an existing database, and a folder of blobs that has files in it, are overwritten.
        tell: Takes lines about how far it is, when it takes long.

    Raises:
        SettingsError: The backup is damaged or foreign, a gateway uses the database (it is named), or something would
            be overwritten.
    """
    with contextlib.ExitStack() as stack:
        with about(source, disk=source):
            file = stack.enter_context(source.open("rb"))
            manifest, members = read(file)
            refuse_newer(manifest.tables)
            if manifest.blobs and blobs is None:
                raise SettingsError("it has blobs in it, and BLOB_URL names no folder: restore it without BLOB_URL")
        place = Place(stack.enter_context(alone(database)), blobs if manifest.blobs else None)
        with clear_errors(place.database):
            if not force:
                place.refuse_to_overwrite()
            stack.enter_context(place.prepared())
        with about(source, disk=place.database):
            count = _unpack(members, place, file, Progress("unpacked", tell))
            tables = _check(place.new_database)
        with clear_errors(place.database):
            place.take()
    return Restored(manifest.made_at, tables, count if manifest.blobs else None)


def _unpack(members: Iterator[Member], place: Place, file: BinaryIO, progress: Progress) -> int:
    """Write the members to the disk and return how many of them are blobs."""
    count, total = 0, os.fstat(file.fileno()).st_size
    for member in members:
        if member.name == DATABASE:
            path = place.new_database
        elif place.new_blobs is not None:
            path = place.new_blobs / member.name.removeprefix(BLOBS)
            make_folder(path.parent)
            if path.exists():
                raise SettingsError(f"it has {member.name!a} in it twice: take another backup")
            count += 1
        else:
            raise SettingsError("it has blobs in it and says that it has none: take another backup")
        with create(path) as out:
            for chunk in member.chunks:
                out.write(chunk)
                progress.at(file.tell(), total)
    os.sync()  # one wait for all, where one for each file would take hours for a million of them
    return count


def _check(database: Path) -> int:
    """Return the version of an unpacked database's tables. Raises ``SettingsError`` or ``sqlite3.DatabaseError`` for
    one that is damaged, of another program or of a newer gateway."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        found = schema.version(connection)
        refuse_newer(found)
        said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok" or found == 0:
        raise SettingsError(f"its database is damaged ({' '.join(said.split())}): take another backup")
    return found
