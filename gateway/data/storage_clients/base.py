"""The interface of a storage for the contents of elements."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar


class BaseStorageClient(ABC):
    """A storage for files by key, such as a bucket or a folder."""

    takes_files: ClassVar[bool] = False
    """Whether ``upload_file`` also takes a ``Path`` as ``data``, whose content it streams. Without it a file is read
    into memory before it is uploaded."""

    @abstractmethod
    async def upload_file(
        self,
        object_key: str,
        data: bytes | str,
        mime: str = "application/octet-stream",
        overwrite: bool = True,
        content_disposition: str | None = None,
    ) -> dict[str, Any]:
        """Store a file.

        Args:
            object_key: The key it is found by.
            data: The content; text is stored as UTF-8.
            mime: The media type it is served as.
            overwrite: Whether a file of the same key is replaced.
            content_disposition: The header it is served with.

        Returns:
            A dict with ``object_key`` and ``url``; an empty one says that it was not stored.
        """

    @abstractmethod
    async def delete_file(self, object_key: str) -> bool:
        """Delete a file, and return whether there was one.

        Args:
            object_key: The key it was stored by.
        """

    @abstractmethod
    async def get_read_url(self, object_key: str) -> str:
        """Return an address the file can be read from, for a while.

        Args:
            object_key: The key it was stored by.
        """

    async def close(self) -> None:
        """Release what the client holds."""
        return None
