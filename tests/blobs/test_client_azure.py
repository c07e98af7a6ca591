"""The storage clients for Azure, with Microsoft's emulator, which checks signatures."""

import time
from datetime import datetime
from typing import Any, NamedTuple

import pytest

from gateway.data.storage_clients.azure import AzureStorageClient
from gateway.data.storage_clients.azure_blob import AzureBlobStorageClient
from tests.blobs.clients import HeadersContract, StorageClientContract, fetch, query
from tests.support.object_storage import ACCOUNT, ACCOUNT_KEY, azure_container


class Named:
    """The key of an account, as `azure-core` wraps it."""

    named_key: Any = type("Key", (), {"name": ACCOUNT, "key": ACCOUNT_KEY})


class Token(NamedTuple):
    token: str
    expires_on: int


class Signed:
    """A shared access signature, as `azure-core` wraps it."""

    def __init__(self, signature: str) -> None:
        self.signature = signature


class Identity:
    """A credential that gives tokens, as those of `azure-identity` do."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_token(self, *scopes: str) -> Token:
        self.asked.extend(scopes)
        return Token("header.claims.signature", int(time.time()) + 3_600)


def storage_with(server: str, credential: object, container: str | None = None, **more: Any) -> AzureStorageClient:
    return AzureStorageClient(server, container or azure_container(server), credential=credential, **more)


@pytest.fixture
def storage(azure_server: str) -> AzureStorageClient:
    return storage_with(azure_server, ACCOUNT_KEY)


class AzureContract(StorageClientContract, HeadersContract):
    """The contract of clients, in Azure."""

    def lasts(self, url: str) -> int:
        begins, ends = (datetime.fromisoformat(query(url)[name]) for name in ("st", "se"))
        return int((ends - begins).total_seconds()) - 60  # for clocks that go differently


class TestAzureStorageClient(AzureContract):
    """With the account's address."""


class TestAzureBlobStorageClient(AzureContract):
    """With the account's name and key."""

    @pytest.fixture
    def storage(self, azure_server: str) -> AzureBlobStorageClient:
        return AzureBlobStorageClient(azure_container(azure_server), azure_server, ACCOUNT_KEY)


@pytest.mark.parametrize("credential", [Named(), {"account_name": ACCOUNT, "account_key": ACCOUNT_KEY}])
async def test_the_key_may_be_wrapped(azure_server: str, credential: object) -> None:
    storage = storage_with(azure_server, credential)
    stored = await storage.upload_file("key", "text")
    assert (await fetch(await storage.get_read_url("key"))).text == "text"
    assert (await fetch(stored["url"])).status_code in (403, 404)


async def test_a_shared_access_signature_is_a_credential_and_ends_addresses(azure_server: str) -> None:
    container = azure_container(azure_server)
    owner = storage_with(azure_server, ACCOUNT_KEY, container)
    await owner.upload_file("key", "text")
    signature = (await owner.get_read_url("key")).partition("?")[2]
    for credential, more in ((signature, {}), (Signed(f"?{signature}"), {}), (None, {"sas_token": f"?{signature}"})):
        storage = storage_with(azure_server, credential, container, **more)
        blob = await storage.bucket.read("key")
        assert b"".join([chunk async for chunk in blob.chunks]) == b"text"
        with pytest.raises(PermissionError):
            await storage.upload_file("other", "x")
    url = await storage_with(azure_server, None, container, sas_token=f"?{signature}").get_read_url("key")
    assert url == f"{azure_server}/{container}/key?{signature}"
    assert (await fetch(url)).text == "text"


async def test_a_signature_is_in_no_error(azure_server: str) -> None:
    storage = storage_with(azure_server, "sv=2021&sig=hunter2")
    with pytest.raises(OSError, match="key in az://") as raised:
        await storage.upload_file("key", "x")
    assert "hunter2" not in str(raised.value)


async def test_an_identity_is_asked_for_a_token(azure_server: str) -> None:
    identity = Identity()
    with pytest.raises(OSError, match="key in az://"):  # the emulator takes tokens over TLS only
        await storage_with(azure_server, identity).upload_file("key", "x")
    assert identity.asked == ["https://storage.azure.com/.default"]
    with pytest.raises(OSError, match="only the account's key can sign an address with such characters"):
        await storage_with(azure_server, identity).get_read_url("a b")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://acme.dfs.core.windows.net/", "https://acme.blob.core.windows.net/box/a%20b"),
        ("https://acme.blob.core.windows.net", "https://acme.blob.core.windows.net/box/a%20b"),
        ("https://acme.dfs.core.chinacloudapi.cn", "https://acme.blob.core.chinacloudapi.cn/box/a%20b"),
    ],
)
async def test_the_account_of_a_data_lake_is_spoken_to_as_a_store_of_blobs(url: str, address: str) -> None:
    signed = await AzureStorageClient(url, "box", credential=ACCOUNT_KEY).get_read_url("a b")
    assert signed.startswith(f"{address}?")
    assert query(signed)["sp"] == "r"


async def test_a_name_of_an_account_is_enough_in_the_public_cloud() -> None:
    url = await AzureBlobStorageClient("box", "acme", ACCOUNT_KEY).get_read_url("key")
    assert url.startswith("https://acme.blob.core.windows.net/box/key?")


async def test_the_documents_placeholders_are_an_error_of_the_first_call_only() -> None:
    storage = AzureStorageClient(account_url="<your_account_url>", container="<your_container>")
    with pytest.raises(ValueError, match="account_url is like https://ACCOUNT"):
        await storage.upload_file("key", b"x")


async def test_what_is_no_credential_is_said_to_be_none() -> None:
    storage = AzureStorageClient("https://acme.blob.core.windows.net", "box", credential=object())
    with pytest.raises(ValueError, match="object is no credential: give the account's key"):
        await storage.upload_file("key", b"x")
