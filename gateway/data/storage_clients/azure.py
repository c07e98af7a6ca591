"""Files in a container of Azure Storage, Data Lake Storage Gen2 included."""

import asyncio
import inspect
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from obstore.store import AzureStore

from gateway.data.storage_clients.object_storage import ObjectStorageClient, joined
from gateway.object_storage import CLIENT, RETRY, AzureBucket, opened

if TYPE_CHECKING:
    from obstore.store import AzureBearerToken, AzureConfig, AzureSASToken

_SCOPE = "https://storage.azure.com/.default"


@runtime_checkable
class _TokenCredential(Protocol):
    """A credential of ``azure.identity``, of the synchronous or the asynchronous half."""

    def get_token(self, *scopes: str) -> Any: ...


class AzureStorageClient(ObjectStorageClient):
    """Keeps files in a container of a storage account, Data Lake Storage Gen2 included. The account is spoken to by the
    protocol of Azure Blob Storage, which reads and writes the same files, directories of a Data Lake included.

    Without a credential it is that of the environment: ``AZURE_STORAGE_ACCOUNT_KEY``, ``AZURE_STORAGE_SAS_TOKEN``,
    ``AZURE_CLIENT_ID`` with ``AZURE_CLIENT_SECRET`` and ``AZURE_TENANT_ID``, a workload's or a managed identity.

    Args:
        account_url: The address of the account, ``https://ACCOUNT.dfs.core.windows.net`` or
            ``https://ACCOUNT.blob.core.windows.net``.
        container: The name of the container (of the file system, in words of a Data Lake).
        credential: The account's key or a shared access signature; a dict with ``account_name`` and
            ``account_key``; or a credential of the package ``azure-identity`` or ``azure-core``.
        sas_token: A shared access signature that addresses end with, instead of one that is signed for each.
    """

    def __init__(
        self,
        account_url: str,
        container: str,
        credential: object = None,
        sas_token: str | None = None,
    ) -> None:
        super().__init__()
        self.account_url = account_url
        self.container = container
        self._credential = credential
        self._sas_token = None if sas_token is None else sas_token.removeprefix("?")

    async def get_read_url(self, object_key: str) -> str:
        """Return an address from which anybody can read the file: for ``STORAGE_EXPIRY_TIME`` seconds (an hour, and 7
        days at most), or as long as the ``sas_token`` lasts that the client was given. The file is not looked up.
        Raises ``OSError`` when the credentials cannot sign addresses: a shared access signature cannot, a token can
        only for keys of plain characters.

        Args:
            object_key: The key it was stored by.
        """
        if self._sas_token is not None:
            return self._address(object_key)
        return await super().get_read_url(object_key)

    def _open(self) -> AzureBucket:
        account, endpoint = _account(self.account_url)
        config: AzureConfig = {"account_name": account, "endpoint": endpoint}
        provider: _Tokens | _Signature | None = None
        match self._credential:
            case None if self._sas_token is not None:
                config["sas_key"] = self._sas_token
            case None:
                pass
            case str(text) if "sig=" in text:
                config["sas_key"] = text.removeprefix("?")
            case str(text):
                config["account_key"] = text
            case {"account_key": str(key)} | object(named_key=object(key=str(key))):
                config["account_key"] = key
            case _TokenCredential() as credential:
                provider = _Tokens(credential)
            case other:
                provider = _Signature(other)
        with opened("AzureStorageClient"):
            store = AzureStore(
                self.container,
                config=config,
                client_options=CLIENT,
                retry_config=RETRY,
                credential_provider=provider,
            )
        return AzureBucket(
            store,
            name=f"az://{self.container}",
            account=account,
            address=endpoint,
            container=self.container,
            key=config.get("account_key"),
        )

    def _address(self, object_key: str) -> str:
        address = joined(f"{_account(self.account_url)[1]}/{self.container}", object_key)
        return address if self._sas_token is None else f"{address}?{self._sas_token}"


class _Tokens:
    """Asks a credential of ``azure.identity`` for a token whenever the last one has expired."""

    def __init__(self, credential: _TokenCredential) -> None:
        self._credential = credential

    async def __call__(self) -> "AzureBearerToken":
        # The synchronous half waits for the network: in a thread of its own.
        if inspect.iscoroutinefunction(self._credential.get_token):
            token = await self._credential.get_token(_SCOPE)
        else:
            token = await asyncio.to_thread(self._credential.get_token, _SCOPE)
        return {"token": token.token, "expires_at": datetime.fromtimestamp(token.expires_on, UTC)}


class _Signature:
    """Gives the signature of an ``AzureSasCredential`` as it is now: its owner may replace it."""

    def __init__(self, credential: Any) -> None:
        if not hasattr(credential, "signature"):
            raise ValueError(
                f"AzureStorageClient: {type(credential).__name__} is no credential: give the account's key, a shared "
                "access signature, or a credential of azure-identity"
            )
        self._credential = credential

    async def __call__(self) -> "AzureSASToken":
        return {"sas_token": self._credential.signature.removeprefix("?"), "expires_at": None}


def _account(url: str) -> tuple[str, str]:
    """Return the account's name and the address of its blobs. Raises ``ValueError`` for what is no such address."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"AzureStorageClient: account_url is like https://ACCOUNT.blob.core.windows.net, not {url!r}")
    path = parts.path.strip("/")
    # An emulator has the account's name in the path, and the clouds have it in the host.
    name = path.partition("/")[0] if path else host.partition(".")[0]
    netloc = parts.netloc.replace(".dfs.", ".blob.", 1)
    return name, f"{parts.scheme}://{netloc}" + (f"/{path}" if path else "")
