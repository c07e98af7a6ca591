"""What the storage clients share: they keep files in a bucket or a folder through ``gateway.object_storage``."""

import os
from abc import abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from gateway.data.storage_clients.base import BaseStorageClient
from gateway.object_storage import Bucket
from gateway.ports import BlobSource

EXPIRY = 3_600.0
"""Seconds for which an address to read from works, unless ``STORAGE_EXPIRY_TIME`` says otherwise."""


def expiry_time() -> float:
    """Return the seconds for which addresses work: ``STORAGE_EXPIRY_TIME``, or an hour. Raises ``ValueError`` for a
    value that is no positive number."""
    given = os.environ.get("STORAGE_EXPIRY_TIME", "").strip()
    try:
        seconds = float(given) if given else EXPIRY
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"STORAGE_EXPIRY_TIME is a number of seconds, not {given!r}")
    return seconds


class ObjectStorageClient(BaseStorageClient):
    """A storage client on a bucket. It is opened when it is first used, so that a wrong address or missing credentials
    are an error of that call, and not of the module that makes the client."""

    takes_files: ClassVar[bool] = True

    def __init__(self) -> None:
        self._bucket: Bucket | None = None

    @abstractmethod
    def _open(self) -> Bucket:
        """Return the bucket. Raises ``ValueError`` for what it cannot be opened with."""

    @abstractmethod
    def _address(self, object_key: str) -> str:
        """Return the address of a file, which need not be readable by everybody."""

    async def upload_file(
        self,
        object_key: str,
        data: bytes | str | Path | AsyncIterator[bytes],
        mime: str = "application/octet-stream",
        overwrite: bool = True,
        content_disposition: str | None = None,
    ) -> dict[str, Any]:
        """Store a file. A path and chunks are streamed: their content is never in memory as a whole.

        Args:
            object_key: The key it is found by, at most 1,024 bytes in UTF-8, without ``.`` and ``..`` as names.
            data: The content: bytes, text (stored as UTF-8), the path of a file, or chunks as they come.
            mime: The media type it is served as.
            overwrite: Whether a file of the same key is replaced.
            content_disposition: The header it is served with.

        Returns:
            A dict with ``object_key`` and ``url``.

        Raises:
            FileExistsError: There is a file of this key, and ``overwrite`` is false.
            FileNotFoundError: The path leads to no file, or there is no such bucket.
            OSError: The storage does not take the file, or cannot be reached.
            ValueError: The key is none, or the storage cannot be opened with what the client was given.
        """
        await self.bucket.put(
            object_key,
            _source(data),
            mime=mime,
            disposition=content_disposition,
            overwrite=overwrite,
        )
        return {"object_key": object_key, "url": self._address(object_key)}

    async def delete_file(self, object_key: str) -> bool:
        """Delete a file, and return whether there was one. Raises ``OSError`` when the storage fails.

        Args:
            object_key: The key it was stored by.
        """
        known = await self.bucket.exists(object_key)
        await self.bucket.delete([object_key])
        return known

    async def get_read_url(self, object_key: str) -> str:
        """Return an address from which anybody can read the file for ``STORAGE_EXPIRY_TIME`` seconds (an hour, and 7
        days at most). The file is not looked up. Raises ``OSError`` when the credentials cannot sign addresses.

        Args:
            object_key: The key it was stored by.
        """
        return await self.bucket.sign(object_key, seconds=expiry_time()) or self._address(object_key)

    @property
    def bucket(self) -> Bucket:
        """The bucket, opened when it is first asked for."""
        if self._bucket is None:
            self._bucket = self._open()
        return self._bucket


def _source(data: bytes | str | Path | AsyncIterator[bytes]) -> BlobSource:
    return data.encode("utf-8", "replace") if isinstance(data, str) else data


def joined(base: str, object_key: str) -> str:
    """Return the address of a file below another address."""
    return f"{base.rstrip('/')}/{quote(object_key.encode('utf-8', 'replace'))}"
