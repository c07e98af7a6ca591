"""Where a backup is restored to: unpacked beside what is there, which is replaced by renaming."""

import contextlib
import os
import shutil
from collections.abc import Generator
from pathlib import Path

from gateway.disk import make_folder
from gateway.errors import SettingsError
from gateway.store.backup.errors import sync_folder
from gateway.store.sqlite.maintenance import settle


class Place:
    """A database and its folder of blobs, and beside them (so on the same disks) what shall take their places.

    Args:
        database: The SQLite file, which this process owns.
        blobs: The folder of blobs; None when it is to be left as it is.
    """

    def __init__(self, database: Path, blobs: Path | None) -> None:
        self.database = database
        self._side = database.with_name(f"{database.name}.restoring")
        self.new_database = self._side / "gateway.db"
        """Where the database is unpacked to."""
        self._blobs = None if blobs is None else blobs.resolve()
        self.new_blobs = self._sibling("restoring")
        """Where the blobs are unpacked to."""
        self._former_blobs = self._sibling("former")

    def _sibling(self, what: str) -> Path | None:
        return None if self._blobs is None else self._blobs.with_name(f"{self._blobs.name}.{what}")

    def refuse_to_overwrite(self) -> None:
        """Raise ``SettingsError`` if there is a database or a blob already."""
        if self.database.stat().st_size:
            raise SettingsError("it is there already: --force overwrites it and its blobs")
        if self._blobs is not None and self._blobs.exists() and any(self._blobs.iterdir()):
            raise SettingsError(f"there are blobs already in {self._blobs}: --force overwrites them")

    @contextlib.contextmanager
    def prepared(self) -> Generator[None]:
        """Make the folders to unpack into, and remove at the end what is left of them. Raises ``OSError``."""
        self._clean()
        try:
            for folder in (self._side, self.new_blobs):
                if folder is not None:
                    make_folder(folder)
            yield
        finally:
            self._clean()

    def take(self) -> None:
        """Put what was unpacked in its place. Raises ``OSError``, and then nothing is changed."""
        settle(self.database)
        try:
            if self._blobs and self.new_blobs and self._former_blobs:
                if self._blobs.exists():
                    self._blobs.rename(self._former_blobs)
                self.new_blobs.rename(self._blobs)
                sync_folder(self._blobs.parent)
            os.replace(self.new_database, self.database)
        except OSError:
            self._mend()
            raise
        sync_folder(self.database.parent)

    def _mend(self) -> None:
        """Finish or undo what another ``take`` began: it is done once the database has left its folder."""
        if self._blobs and self._former_blobs and self._former_blobs.exists():
            if self.new_database.exists():
                shutil.rmtree(self._blobs, ignore_errors=True)
                self._former_blobs.rename(self._blobs)
            else:
                shutil.rmtree(self._former_blobs)

    def _clean(self) -> None:
        self._mend()
        for folder in (self._side, self.new_blobs):
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
