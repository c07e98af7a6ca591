"""How much of the disk kept files may take, for each conversation and in all. Counts; deleting is up to the caller."""

import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from gateway.errors import TooLarge

IN_USE = 3_600.0
"""Seconds in which a file is not removed to make room: a handler may still be reading it."""


class _Entry(NamedTuple):
    owner: str
    size: int
    at: float


class Quota:
    """Sizes of files by path, oldest first. ``owner`` is whatever the bound ``each`` is for: a session, a conversation.

    ``settings`` are the names of the variables that raise the two bounds.
    """

    def __init__(self, *, each: int, total: int, settings: tuple[str, str]) -> None:
        self.total = 0
        """Bytes in all."""
        self._each = each
        self._total = total
        self._settings = settings
        self._entries: dict[Path, _Entry] = {}
        self._of: Counter[str] = Counter()

    def of(self, owner: str) -> int:
        """The owner's bytes."""
        return self._of[owner]

    def size_of(self, path: Path) -> int:
        """The file's size as it was put; 0 for an unknown one."""
        entry = self._entries.get(path)
        return 0 if entry is None else entry.size

    def put(self, path: Path, owner: str, size: int, *, at: float | None = None) -> None:
        """The file has this size now. ``at``: since when (seconds since the epoch)."""
        self.drop(path)
        self._entries[path] = _Entry(owner, size, time.time() if at is None else at)
        self._of[owner] += size
        self.total += size

    def drop(self, path: Path) -> None:
        """The file is gone."""
        entry = self._entries.pop(path, None)
        if entry is not None:
            self.total -= entry.size
            self._of[entry.owner] -= entry.size
            if not self._of[entry.owner]:
                del self._of[entry.owner]

    def drop_all_of(self, owner: str) -> None:
        """All files of the owner are gone."""
        for path in [path for path, entry in self._entries.items() if entry.owner == owner]:
            self.drop(path)

    def make_room(self, owner: str, size: int, *, name: str) -> list[Path]:
        """The old files to delete so that there is room for ``size`` more bytes of the owner's. They are no longer
        counted. Raises ``TooLarge`` when the room is taken by what may be in use; ``name`` is what the room is for."""
        if self._of[owner] + size <= self._each and self.total + size <= self._total:
            return []
        victims = self._oldest(self._of[owner] + size - self._each, owner)
        gone = sum(self._entries[path].size for path in victims or ())
        if victims is None:
            raise self._full(name, self._each, self._settings[0], "this conversation")
        others = self._oldest(self.total - gone + size - self._total, None, but=set(victims))
        if others is None:
            raise self._full(name, self._total, self._settings[1], "all conversations")
        for path in (*victims, *others):
            self.drop(path)
        return [*victims, *others]

    def _oldest(self, wanted: int, owner: str | None, *, but: set[Path] | None = None) -> list[Path] | None:
        """The oldest files that make so many bytes together; None when there are not so many."""
        found: list[Path] = []
        before = time.time() - IN_USE
        for path, entry in self._entries.items():
            if wanted <= 0:
                break
            if entry.at < before and owner in (None, entry.owner) and path not in (but or ()):
                found.append(path)
                wanted -= entry.size
        return found if wanted <= 0 else None

    @staticmethod
    def _full(name: str, limit: int, setting: str, whose: str) -> TooLarge:
        return TooLarge(f"there is no room for {name}: the files of {whose} may take {limit / 1e6:g} MB ({setting})")
