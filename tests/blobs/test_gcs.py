"""Blobs in a bucket of Google Cloud Storage, as far as a server for S3 can stand in for it."""

from pathlib import Path

import pytest

from gateway.ports import Blobs
from gateway.store.blobs import open_blobs
from tests.blobs.contract import LARGE, BlobsContract
from tests.support.object_storage import gcs_bucket, gcs_environment


@pytest.fixture
def blobs(s3_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    gcs_environment(s3_server, monkeypatch)
    return open_blobs(f"gs://{gcs_bucket(s3_server)}/some/prefix", folder=tmp_path)


class TestGCS(BlobsContract):
    """The contract, in a bucket of Google's."""

    @pytest.mark.parametrize("size", [len(LARGE)])
    async def test_a_blob_is_replaced_or_not(self, blobs: Blobs, size: int) -> None:
        """Only where the gateway itself looks first: moto does not know the condition Google's storage is given."""
        await super().test_a_blob_is_replaced_or_not(blobs, size)
