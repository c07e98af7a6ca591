"""The store on one SQLite file: for one machine, and good for hundreds of events per second there.

Statements run through the standard library's ``sqlite3``.
"""

import contextlib
import math
from collections.abc import Sequence
from pathlib import Path

from gateway.disk import in_thread
from gateway.ports import Lease, Watcher
from gateway.store.core.alone import Alone
from gateway.store.core.kinds import rights, search
from gateway.store.core.store import DatabaseStore
from gateway.store.core.turns import SINGLE_OWNER
from gateway.store.sqlite.file import SQLiteDatabase, open_owned, open_reader, open_shared
from gateway.store.sqlite.scrub import SCRUB, drop_copies


class SQLiteStore(DatabaseStore):
    """Implements ``gateway.ports.Store`` on the SQLite file at ``path``.

    One process owns the file, and with it every conversation's lease; a second one is refused. With ``owner=False`` it
    opens beside the owner (for the command line): reading, ``retry`` and ``drop`` work, the rest raises ``Fenced``.
    """

    turns = SINGLE_OWNER

    def __init__(self, path: Path, *, owner: bool = True) -> None:
        super().__init__(str(path), Alone())
        self.path = path
        self._owner = owner

    def _connect(self) -> SQLiteDatabase:
        return open_owned(self.path) if self._owner else open_shared(self.path)

    def _connect_reader(self) -> SQLiteDatabase:
        return open_reader(self.path)

    # The one owner has every lease

    def watch(self, watcher: Watcher) -> None:
        """Do nothing: no other process stores anything."""

    def holds(self, conversation: str) -> bool:
        return True

    async def claim(self, conversation: str) -> Lease | None:
        return self._owned().claim(conversation)

    async def release(self, lease: Lease) -> None:
        """Do nothing: no other process can take the lease while this one owns the file."""

    async def pass_on(self, conversation: str) -> None:
        """Do nothing: there is nobody to wake."""

    async def retire(self) -> None:
        """Do nothing: there is nobody to take over."""

    # What is in the file beside rows

    async def index_steps(self, *, new: bool = True) -> bool:
        return await self._read(search.READ_BEHIND, new) and await self._do(search.INDEXING, new)

    async def purge_index(self, *, removed_before: float) -> bool:
        due = await self._read(search.READ_PURGE_DUE, removed_before)
        return due and await self._do(search.PURGING, removed_before)

    async def scrub(self, *, rewrite: bool) -> bool:
        while await self.index_steps(new=False):
            pass
        while await self.purge_index(removed_before=math.inf):
            pass
        return await self._do(SCRUB, rewrite)

    async def drop_copies(self, person: str) -> Sequence[str]:
        return await in_thread(drop_copies, self.path, rights.id_of(person).encode())

    async def size(self) -> int:
        with contextlib.suppress(OSError):
            return (await in_thread(self.path.stat)).st_size
        return 0
