"""Writes a backup, beside the gateway that uses the database."""

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from gateway.disk import create
from gateway.errors import SettingsError
from gateway.store.backup.errors import about, sync_folder
from gateway.store.backup.form import BLOBS, CHUNK, DATABASE, MANIFEST, Manifest, Tell
from gateway.store.backup.progress import Progress
from gateway.store.backup.reader import read
from gateway.store.backup.writer import Writer
from gateway.store.sqlite.maintenance import snapshot


@dataclass(frozen=True, slots=True)
class Saved:
    """What a backup holds."""

    bytes: int
    """The bytes of the database and the blobs."""
    blobs: int
    """The number of blobs; 0 also where they are kept elsewhere."""


def save(target: Path, database: Path, blobs: Path | None, *, tell: Tell) -> Saved:
    """Write a backup of what the database holds at one moment, and of the blobs its rows name.

    The blobs are read after the database, and a blob is stored before its row is: so each row's blob is there, unless
    it is deleted meanwhile. The file gets its name when it is whole and synced; only this user can read it. A former
    backup of that name is replaced. Twice the database's room is taken until then.

    Args:
        target: The file to write.
        database: The SQLite file.
        blobs: The folder of the blobs, None when they are kept elsewhere.
        tell: Takes lines about how far it is, when it takes long.

    Raises:
        SettingsError: The database cannot be read, or the backup not written; the text names which.
    """
    part = target.with_name(f"{target.name}.part")
    copy = target.with_name(f"{target.name}.database.part")
    try:
        with about(target, disk=target):
            _check_target(target, blobs)
            create(copy).close()
            tables = snapshot(database, copy, Progress("database", tell).at)
            manifest = Manifest(
                format=1,
                gateway=version("bot-gateway"),
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                tables=tables,
                blobs=blobs is not None,
            )
            saved = _write(part, manifest, copy, blobs, tell)
            os.replace(part, target)
            sync_folder(target.parent)
    finally:
        for left in (part, copy, copy.with_name(f"{copy.name}-journal")):
            left.unlink(missing_ok=True)
    return saved


def _write(part: Path, manifest: Manifest, copy: Path, blobs: Path | None, tell: Tell) -> Saved:
    progress, count = Progress("blobs", tell), 0
    with create(part) as out:
        writer = Writer(out)
        writer.add_text(MANIFEST, manifest)
        with copy.open("rb", buffering=0) as file:
            writer.add(DATABASE, os.fstat(file.fileno()).st_size, file)
        for path, name in _files(blobs) if blobs is not None else ():
            with contextlib.suppress(FileNotFoundError), path.open("rb", buffering=CHUNK) as file:
                writer.add(f"{BLOBS}{name}", os.fstat(file.fileno()).st_size, file)
                count += 1
                progress.at(writer.sum.bytes, None)
        end = writer.finish()
        out.flush()
        os.fsync(out.fileno())
    return Saved(end.bytes, count)


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of blobs with their paths in the folder. Names that begin with a dot are not blobs: what is being
    written, for one."""
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(base, name)
            with contextlib.suppress(FileNotFoundError):
                if not name.startswith(".") and stat.S_ISREG(path.lstat().st_mode):
                    yield path, path.relative_to(folder).as_posix()


def _check_target(target: Path, blobs: Path | None) -> None:
    """Refuse to replace what is no backup (the name may be that of the database, by mistake), and to write where blobs
    are read from."""
    if blobs is not None and target.resolve().is_relative_to(blobs.resolve()):
        raise SettingsError("it would be one of the blobs it holds: choose another folder")
    if not target.exists():
        return
    try:
        with target.open("rb") as file:
            read(file)
    except (SettingsError, OSError):
        raise SettingsError("it is there, and is no backup: choose another name") from None
