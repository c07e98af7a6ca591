"""Blobs in a bucket of S3, spoken over HTTP with moto's server."""

from pathlib import Path

import httpx
import pytest

from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import SettingsError
from gateway.ports import Blobs
from gateway.store.blobs import open_blobs
from tests.blobs.contract import LARGE, BlobsContract, keys
from tests.support.bot import register, running_bot
from tests.support.object_storage import s3_bucket, s3_environment


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    s3_environment(s3_server, monkeypatch)
    return s3_bucket(s3_server)


@pytest.fixture
def blobs(bucket: str, tmp_path: Path) -> Blobs:
    return open_blobs(f"s3://{bucket}/some/prefix", folder=tmp_path)


class TestS3(BlobsContract):
    """The contract, in a bucket of S3."""


async def test_the_prefix_keeps_from_what_else_is_in_the_bucket(blobs: Blobs, bucket: str, tmp_path: Path) -> None:
    all_of_it = open_blobs(f"s3://{bucket}", folder=tmp_path)
    await all_of_it.put("some/prefixes/other", b"x")
    await blobs.put("a", b"x")
    assert await keys(blobs) == {"a"}
    assert await keys(all_of_it) == {"some/prefixes/other", "some/prefix/a"}


@pytest.mark.parametrize("data", [b"content", LARGE], ids=["few", "large"])
async def test_a_signed_address_gives_the_blob_as_it_was_described(blobs: Blobs, data: bytes) -> None:
    await blobs.put("a/ü 1#?.txt", data, mime="text/plain; charset=utf-8", disposition='attachment; filename="x"')
    url = await blobs.sign("a/ü 1#?.txt", seconds=60)
    assert url is not None
    async with httpx.AsyncClient() as http:
        answer = await http.get(url)
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="x"'


@pytest.mark.parametrize(("seconds", "signed"), [(0, 1), (60.5, 60), (86_400 * 30, 86_400 * 7)])
async def test_an_address_is_signed_for_seven_days_at_most(blobs: Blobs, seconds: float, signed: int) -> None:
    url = await blobs.sign("a", seconds=seconds)
    assert url is not None
    assert httpx.URL(url).params["X-Amz-Expires"] == str(signed)


async def test_a_bucket_that_is_not_there_keeps_the_gateway_from_starting(
    slack: SlackEmulator, bucket: str, tmp_path: Path
) -> None:
    async with running_bot(slack, register(lambda: None), tmp_path, blob_url=f"s3://{bucket}/bot"):
        pass
    with pytest.raises(SettingsError, match=r"^BLOB_URL: .* in s3://not-there/bot: .*404 Not Found \(NoSuchBucket\)$"):
        async with running_bot(slack, register(lambda: None), tmp_path, blob_url="s3://not-there/bot"):
            pass


async def test_an_error_names_the_object_and_no_parameter_of_an_address(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = open_blobs("s3://not-there", folder=tmp_path)
    with pytest.raises(OSError, match=r"^held in s3://not-there: .*\(NoSuchBucket\)$") as raised:
        await keys(blobs, "held")
    assert "list-type" not in str(raised.value)
