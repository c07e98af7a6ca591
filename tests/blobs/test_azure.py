"""Blobs in a container of Azure Blob Storage, spoken over HTTP with Microsoft's emulator."""

from pathlib import Path

import httpx
import pytest

from gateway.ports import Blobs
from gateway.store.blobs import open_blobs
from tests.blobs.contract import BlobsContract
from tests.support.object_storage import azure_container, azure_environment


@pytest.fixture
def blobs(azure_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    azure_environment(azure_server, monkeypatch)
    return open_blobs(f"az://{azure_container(azure_server)}/some/prefix", folder=tmp_path)


class TestAzure(BlobsContract):
    """The contract, in a container of Azure."""


async def test_a_signed_address_gives_the_blob_below_the_prefix(blobs: Blobs) -> None:
    await blobs.put("a/ü 1#?%2F.txt", b"content", mime="text/plain")
    url = await blobs.sign("a/ü 1#?%2F.txt", seconds=60)
    assert url is not None
    async with httpx.AsyncClient() as http:
        answer = await http.get(url)
        forged = await http.get(url.replace("1%23", "2%23"))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"content", "text/plain")
    assert forged.status_code == 403
