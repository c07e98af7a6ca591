"""A container of Azure Blob Storage, whose addresses are signed here where the account's key is known.

obstore 0.12 signs the quoted path where Azure checks the unquoted one, so that its addresses work for plain keys only.
"""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from gateway.object_storage.bucket import MAX_SIGNED, Bucket
from gateway.object_storage.keys import check_key

if TYPE_CHECKING:
    from obstore.store import AzureStore

_VERSION = "2021-12-02"
"""The version of the protocol whose form the signatures have."""
_EARLY = 60
"""Seconds by which an address works before it was made, for clocks that go differently."""


class AzureBucket(Bucket):
    """A container of Azure Blob Storage."""

    def __init__(
        self, store: "AzureStore", *, name: str, account: str, address: str, container: str, key: str | None
    ) -> None:
        """Use a container.

        Args:
            store: The container as obstore has it, a prefix included.
            name: What errors call the container.
            account: The name of the storage account.
            address: The address of the account.
            container: The name of the container.
            key: The key of the account; None where the container is used with another credential.
        """
        super().__init__(store, name=name)
        self._account = account
        self._address = address.rstrip("/")
        self._container = container
        self._prefix = f"{store.prefix.strip('/')}/" if store.prefix else ""
        self._secret = key

    async def sign(self, key: str, *, seconds: float) -> str | None:
        path = f"{self._prefix}{check_key(key)}"
        if self._secret is not None:
            return f"{self._address}/{self._container}/{quote(path)}?{self._signature(path, seconds, self._secret)}"
        if quote(path) != path:
            raise OSError(f"{key} in {self._name}: only the account's key can sign an address with such characters")
        return await super().sign(key, seconds=seconds)

    def _signature(self, path: str, seconds: float, secret: str) -> str:
        """Return the parameters of a service SAS that allows to read one blob (REST reference of Azure Storage,
        *Create a service SAS*)."""
        now = int(time.time())
        starts, ends = (_time(at) for at in (now - _EARLY, now + int(min(max(seconds, 1.0), MAX_SIGNED))))
        resource = f"/blob/{self._account}/{self._container}/{path}"
        # Permissions, times, resource, policy, addresses, protocol, version, kind, snapshot, scope; five headers.
        fields = ["r", starts, ends, resource, "", "", "", _VERSION, "b", "", "", "", "", "", "", ""]
        digest = hmac.digest(base64.b64decode(secret), "\n".join(fields).encode(), hashlib.sha256)
        signature = base64.b64encode(digest).decode()
        return urlencode({"sv": _VERSION, "sr": "b", "sp": "r", "st": starts, "se": ends, "sig": signature})


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
