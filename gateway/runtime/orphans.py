"""Deletes contents of elements that nothing refers to: of elements that were removed, of turns that were never done."""

import time
from collections.abc import Awaitable, Callable, Collection

import structlog

from gateway.ports import BlobInfo, Blobs
from gateway.runtime.contents import FOLDER

log = structlog.get_logger(__name__)

OLD = 86_400.0
"""Seconds for which a content is left alone though nothing refers to it: its turn may not be done."""
AT_ONCE = 200
"""Contents that are checked and deleted at a time."""


class Orphans:
    """The contents of elements that nothing refers to.

    Args:
        blobs: The blob store.
        referenced: Returns those of some keys that something refers to.
        older_than: Seconds since a content was put, after which it may be deleted.
    """

    def __init__(
        self,
        blobs: Blobs,
        *,
        referenced: Callable[[Collection[str]], Awaitable[Collection[str]]],
        older_than: float = OLD,
    ) -> None:
        self._blobs = blobs
        self._referenced = referenced
        self._older_than = older_than

    async def prune(self) -> None:
        """Delete those that are old. A failure of the blob store is logged: the next time may do."""
        before = time.time() - self._older_than
        removed, batch = 0, list[BlobInfo]()
        try:
            async for info in self._blobs.list(FOLDER):
                if info.modified < before:
                    batch.append(info)
                if len(batch) == AT_ONCE:
                    removed += await self._delete(batch)
                    batch.clear()
            removed += await self._delete(batch)
        except OSError as error:
            log.warning("contents.orphans_left", error=str(error)[:300])
        if removed:
            log.info("contents.orphans_removed", count=removed)

    async def _delete(self, batch: list[BlobInfo]) -> int:
        keys = [info.key for info in batch]
        needed = await self._referenced(keys)
        orphans = [key for key in keys if key not in needed]
        await self._blobs.delete(orphans)
        return len(orphans)
