"""Which contents of elements history still needs."""

from collections.abc import Collection
from typing import Protocol


class ContentKeys(Protocol):
    """Knows the elements whose contents are among the blobs."""

    async def referenced(self, keys: Collection[str]) -> Collection[str]:
        """Return those of the keys that an element has, or that may be needed for a data layer elsewhere."""
        ...
