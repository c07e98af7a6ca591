"""Files in a folder of this machine."""

from collections.abc import Callable
from pathlib import Path

from gateway.data.storage_clients.object_storage import ObjectStorageClient, expiry_time
from gateway.object_storage import Folder, check_key


class LocalStorageClient(ObjectStorageClient):
    """Keeps files in a folder that only this user can read.

    Args:
        folder: The folder. It is made, with its missing parents, when the first file is stored.
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__()
        self.folder = Path(folder).absolute()
        self._link: Callable[[str, float], str | None] | None = None

    def link_with(self, link: Callable[[str, float], str | None]) -> None:
        """Let addresses to read from be links that somebody serves, such as the gateway does.

        Args:
            link: Returns the link to the file of a key that works for so many seconds; None if it cannot make one.
        """
        self._link = link

    async def get_read_url(self, object_key: str) -> str:
        """Return a link that works for ``STORAGE_EXPIRY_TIME`` seconds (an hour), when a gateway serves the folder and
        knows its own address (``GATEWAY_PUBLIC_URL``); else the address of the file on this machine (``file:///...``).

        Args:
            object_key: The key it was stored by.
        """
        check_key(object_key)
        link = None if self._link is None else self._link(object_key, expiry_time())
        return link or self._address(object_key)

    @property
    def bucket(self) -> Folder:
        """The folder, made when it is first asked for."""
        if not isinstance(self._bucket, Folder):
            self._bucket = self._open()
        return self._bucket

    def _open(self) -> Folder:
        return Folder(self.folder)

    def _address(self, object_key: str) -> str:
        return self.bucket.file(object_key).as_uri()
