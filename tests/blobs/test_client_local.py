"""The storage client for a folder, alone and served by a gateway."""

import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from gateway.data.storage_clients.local import LocalStorageClient
from gateway.data.storage_clients.object_storage import ObjectStorageClient
from tests.blobs.clients import StorageClientContract, query
from tests.support.files import files_in


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorageClient:
    return LocalStorageClient(folder=str(tmp_path / "files"))


class TestLocalStorageClient(StorageClientContract):
    """The contract of clients, in a folder that a gateway serves."""

    @pytest.fixture
    def storage(self, tmp_path: Path) -> LocalStorageClient:
        storage = LocalStorageClient(folder=tmp_path / "files")
        server = files_in(tmp_path / "blobs", public_url="https://bot.example").server
        server.serve(storage)
        self.app = Starlette(routes=server.routes())
        return storage

    async def read(self, storage: ObjectStorageClient, key: str) -> bytes:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app)) as http:
            answer = await http.get(await storage.get_read_url(key))
        assert answer.status_code == 200, answer.text
        return answer.content

    def lasts(self, url: str) -> int:
        return round((int(query(url)["until"]) - time.time()) / 10) * 10


async def test_alone_an_address_is_that_of_the_file(storage: LocalStorageClient, tmp_path: Path) -> None:
    stored = await storage.upload_file("a/ü b.txt", "text")
    url = urlsplit(await storage.get_read_url("a/ü b.txt"))
    assert stored["url"] == url.geturl()
    assert url.scheme == "file"
    assert Path(unquote(url.path)).read_text() == "text"
    assert Path(unquote(url.path)).stat().st_mode & 0o777 == 0o600


async def test_the_folder_is_made_when_it_is_needed(storage: LocalStorageClient, tmp_path: Path) -> None:
    assert not (tmp_path / "files").exists()
    await storage.upload_file("key", "text")
    assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700


async def test_a_gateway_without_an_address_gives_no_links(storage: LocalStorageClient, tmp_path: Path) -> None:
    files_in(tmp_path / "blobs", public_url=None).server.serve(storage)
    assert (await storage.get_read_url("key")).startswith("file:///")


async def test_links_go_on_working_after_a_restart_and_open_one_folder_only(tmp_path: Path) -> None:
    def served(folder: str) -> tuple[LocalStorageClient, Starlette]:
        storage = LocalStorageClient(tmp_path / folder)
        server = files_in(tmp_path / "blobs", public_url="https://bot.example").server
        server.serve(storage)
        return storage, Starlette(routes=server.routes())

    storage, _ = served("one")
    await storage.upload_file("key", "one")
    url = await storage.get_read_url("key")
    for folder, status in (("one", 200), ("two", 410)):
        _, app = served(folder)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as http:
            assert (await http.get(url)).status_code == status
