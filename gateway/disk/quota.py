"""Counts how much of the disk kept files take, by conversation and in all. Deleting is up to the caller."""

import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from gateway.errors import TooLarge

IN_USE = 3_600.0
"""Seconds after which a file may be removed to make room; until then a handler may still be reading it."""


class _Entry(NamedTuple):
    owner: str
    size: int
    at: float


class Quota:
    """The sizes of kept files by path, within a bound for each owner and one for all.

    ``owner`` is whatever the bound ``each`` is for: a session, a conversation. ``each`` and ``total`` are bytes;
    ``settings`` are the names of the variables that raise the two, for error messages.
    """

    def __init__(self, *, each: int, total: int, settings: tuple[str, str]) -> None:
        self.total = 0
        """Bytes of all files."""
        self._each = each
        self._total = total
        self._settings = settings
        self._entries: dict[Path, _Entry] = {}
        self._of: Counter[str] = Counter()

    def of(self, owner: str) -> int:
        """Return the bytes of the owner's files."""
        return self._of[owner]

    def size_of(self, path: Path) -> int:
        """Return the bytes the file was counted with; 0 for an unknown one."""
        entry = self._entries.get(path)
        return 0 if entry is None else entry.size

    def put(self, path: Path, owner: str, size: int, *, at: float | None = None) -> None:
        """Count the file with ``size`` bytes, in place of what it was counted with. ``at`` is when it was written
        (seconds since the epoch), now if left out."""
        self.drop(path)
        self._entries[path] = _Entry(owner, size, time.time() if at is None else at)
        self._of[owner] += size
        self.total += size

    def drop(self, path: Path) -> None:
        """Stop counting the file."""
        entry = self._entries.pop(path, None)
        if entry is not None:
            self.total -= entry.size
            self._of[entry.owner] -= entry.size
            if not self._of[entry.owner]:
                del self._of[entry.owner]

    def drop_all_of(self, owner: str) -> None:
        """Stop counting all files of the owner."""
        for path in [path for path, entry in self._entries.items() if entry.owner == owner]:
            self.drop(path)

    def make_room(self, owner: str, size: int, *, name: str) -> list[Path]:
        """Return the old files the caller has to delete so that ``size`` more bytes of the owner's fit; they are no
        longer counted. Raises ``TooLarge``, naming the file ``name``, when files that may be in use take the room."""
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
        """Return the oldest files that make ``wanted`` bytes together; None when those not in use make fewer."""
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
