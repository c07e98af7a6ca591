"""The gateway's own blob store as a storage client, for a data layer on the gateway's own database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

from gateway.data.storage_clients.base import BaseStorageClient
from gateway.ports import BlobSource
from gateway.runtime.contents import FOLDER, Contents


class OwnStorageClient(BaseStorageClient):
    """Keeps contents where the gateway keeps those of the elements it sees, and deletes none that is kept there.

    Args:
        contents: The contents in the blob store.
    """

    takes_files: ClassVar[bool] = True

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    async def upload_file(
        self,
        object_key: str,
        data: bytes | str | Path | AsyncIterator[bytes],
        mime: str = "application/octet-stream",
        overwrite: bool = True,
        content_disposition: str | None = None,
    ) -> dict[str, Any]:
        """Store a file, and return its key, which is another one than the given, and its address.

        Args:
            object_key: What the key is made of.
            data: The content: bytes, text (stored as UTF-8), the path of a file, or chunks as they come.
            mime: The media type it is served as.
            overwrite: Whether a file of the same key is replaced.
            content_disposition: The header it is served with.

        Raises:
            FileExistsError: There is a file of this key, and ``overwrite`` is false.
            OSError: The blob store does not take the file, or cannot be reached.
            TooLarge: The file has more than ``GATEWAY_HISTORY_FILE_MB``, or the disk is full.
            ValueError: No key can be made of ``object_key``.
        """
        key = object_key if object_key.startswith(f"{FOLDER}/") else f"{FOLDER}/{object_key}"
        await self._contents.blobs.put(
            key,
            _source(data),
            mime=mime,
            disposition=content_disposition,
            overwrite=overwrite,
            limit=self._contents.limit,
        )
        return {"object_key": key, "url": await self.get_read_url(key)}

    async def delete_file(self, object_key: str) -> bool:
        """Delete nothing, and return True: another element may have the same content, and what nothing refers to is
        deleted by the gateway after a day.

        Args:
            object_key: The key it was stored by.
        """
        return True

    async def get_read_url(self, object_key: str) -> str:
        """Return an address the file can be read from for an hour; empty where the gateway has no address, and for a
        file that it does not keep.

        Args:
            object_key: The key it was stored by.
        """
        return await self._contents.url(object_key) or ""


def _source(data: bytes | str | Path | AsyncIterator[bytes]) -> BlobSource:
    return data.encode(errors="replace") if isinstance(data, str) else data
