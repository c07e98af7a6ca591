"""The storage client for S3."""

import pytest

from gateway.data.storage_clients.s3 import S3StorageClient
from tests.blobs.clients import HeadersContract, StorageClientContract, fetch, query
from tests.support.object_storage import REGION, S3_KEYS, s3_bucket, s3_environment


@pytest.fixture
def storage(s3_server: str) -> S3StorageClient:
    return S3StorageClient(bucket=s3_bucket(s3_server), endpoint_url=s3_server, region_name=REGION, **S3_KEYS)


class TestS3StorageClient(StorageClientContract, HeadersContract):
    """The contract of clients, in S3."""

    def lasts(self, url: str) -> int:
        return int(query(url)["X-Amz-Expires"])


async def test_credentials_come_from_the_environment(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    s3_environment(s3_server, monkeypatch)
    storage = S3StorageClient(bucket=s3_bucket(s3_server))
    stored = await storage.upload_file("a b.txt", "text")
    assert stored["url"] == f"https://{storage.bucket_name}.s3.amazonaws.com/a%20b.txt"
    assert (await fetch(await storage.get_read_url("a b.txt"))).text == "text"


async def test_an_address_is_of_no_use_to_others_without_its_signature(storage: S3StorageClient) -> None:
    stored = await storage.upload_file("key", "text")
    assert (await fetch(stored["url"])).status_code == 403


async def test_a_bucket_that_is_not_there_is_an_error_of_the_call(s3_server: str) -> None:
    storage = S3StorageClient("not-there", endpoint_url=s3_server, region_name=REGION, **S3_KEYS)
    with pytest.raises(OSError, match=r"key in s3://not-there: .*\(NoSuchBucket\)"):
        await storage.upload_file("key", b"x")


async def test_a_setting_that_is_unknown_is_named() -> None:
    with pytest.raises(TypeError, match="config"):
        S3StorageClient("bucket", config=None)  # type: ignore[call-arg]


async def test_a_file_of_certificates_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.pem"):
        await S3StorageClient("bucket", verify="missing.pem").upload_file("key", b"x")
