"""The storage client for Google Cloud Storage, as far as a server for S3 can stand in for it."""

import hashlib
import json
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gateway.data.storage_clients.gcs import GCSStorageClient
from tests.blobs.clients import HeadersContract, StorageClientContract, query
from tests.blobs.contract import KEYS
from tests.support.object_storage import gcs_account, gcs_bucket


@pytest.fixture
def storage(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> GCSStorageClient:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", s3_server.removeprefix("http://"))
    email, key = gcs_account()
    return GCSStorageClient(gcs_bucket(s3_server), "project", client_email=email, private_key=key.replace("\n", "\\n"))


class TestGCSStorageClient(StorageClientContract, HeadersContract):
    """The contract of clients, in a bucket of Google's. That Google takes the requests' credentials is not shown."""

    def lasts(self, url: str) -> int:
        return int(query(url)["X-Goog-Expires"])


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key)[:20])
async def test_an_address_is_signed_as_google_documents_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature fits the V4 signing process of Cloud Storage's documents, worked out here from the address."""
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    account, private_key = gcs_account()
    storage = GCSStorageClient("bucket", client_email=account, private_key=private_key)
    url = urlsplit(await storage.get_read_url(key))
    assert (url.netloc, url.fragment) == ("storage.googleapis.com", "")
    parameters = dict(parse_qsl(url.query))
    signature = bytes.fromhex(parameters.pop("X-Goog-Signature"))
    assert parameters["X-Goog-Algorithm"] == "GOOG4-RSA-SHA256"
    assert parameters["X-Goog-SignedHeaders"] == "host"
    email, _, scope = parameters["X-Goog-Credential"].partition("/")
    assert email == account
    resource = quote(f"/bucket/{key}", safe="/~")
    canonical = urlencode(sorted(parameters.items()), quote_via=quote, safe="~")
    request = f"GET\n{resource}\n{canonical}\nhost:{url.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    signed = f"GOOG4-RSA-SHA256\n{parameters['X-Goog-Date']}\n{scope}\n{digest}"
    private = serialization.load_pem_private_key(private_key.encode(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    private.public_key().verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert url.path == resource


async def test_half_of_the_credentials_is_an_error() -> None:
    with pytest.raises(ValueError, match="client_email and private_key belong together"):
        GCSStorageClient("bucket", client_email="bot@example.com")


async def test_a_key_that_is_none_is_an_error_of_the_call() -> None:
    storage = GCSStorageClient("bucket", client_email="bot@example.com", private_key="secret words")
    with pytest.raises(ValueError, match="GCSStorageClient: ") as raised:
        await storage.upload_file("key", b"x")
    assert "secret words" not in json.dumps(str(raised.value))


async def test_the_address_of_a_file_is_googles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    email, key = gcs_account()
    url = await GCSStorageClient("bucket", client_email=email, private_key=key).get_read_url("a b")
    assert url.startswith("https://storage.googleapis.com/bucket/a%20b?X-Goog-")
