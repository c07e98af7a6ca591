"""What every storage client does, wherever it keeps its files. A subclass has a fixture ``storage``."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gateway.data import contents
from gateway.data.storage_clients.object_storage import ObjectStorageClient
from gateway.element import ElementDict
from tests.blobs.contract import BAD, KEYS, LARGE, in_chunks


async def fetch(url: str) -> httpx.Response:
    """Read what is at a signed address, as somebody without credentials."""
    async with httpx.AsyncClient() as http:
        return await http.get(url)


class StorageClientContract:
    """The suite."""

    async def read(self, storage: ObjectStorageClient, key: str) -> bytes:
        """Return the content, read from the address that the client gives."""
        answer = await fetch(await storage.get_read_url(key))
        assert answer.status_code == 200, answer.text
        return answer.content

    def lasts(self, url: str) -> int:
        """Return the seconds that an address works, as it says."""
        raise NotImplementedError

    @pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key)[:20])
    async def test_what_was_uploaded_is_read_at_its_address_and_deleted(
        self, storage: ObjectStorageClient, key: str
    ) -> None:
        stored = await storage.upload_file(object_key=key, data=b"content", mime="text/plain")
        assert set(stored) == {"object_key", "url"}
        assert stored["object_key"] == key
        assert stored["url"].isascii()
        assert await self.read(storage, key) == b"content"
        assert await storage.delete_file(object_key=key) is True
        assert await storage.delete_file(object_key=key) is False

    @pytest.mark.parametrize("key", BAD, ids=lambda key: ascii(key)[:20])
    async def test_a_key_that_is_no_key_is_refused(self, storage: ObjectStorageClient, key: str) -> None:
        with pytest.raises(ValueError, match="key"):
            await storage.upload_file(key, b"x")
        with pytest.raises(ValueError, match="key"):
            await storage.delete_file(key)
        with pytest.raises(ValueError, match="key"):
            await storage.get_read_url(key)

    async def test_text_bytes_files_and_chunks_are_taken(self, storage: ObjectStorageClient, tmp_path: Path) -> None:
        path = tmp_path / "source"
        path.write_bytes(LARGE)
        await storage.upload_file("text", "Ünïcode \ud800")
        await storage.upload_file("bytes", LARGE)
        await storage.upload_file("file", path)
        await storage.upload_file("chunks", in_chunks(LARGE))
        assert await self.read(storage, "text") == "Ünïcode ?".encode()
        for key in ("bytes", "file", "chunks"):
            assert await self.read(storage, key) == LARGE

    async def test_a_file_is_replaced_unless_it_shall_not_be(self, storage: ObjectStorageClient) -> None:
        await storage.upload_file("key", LARGE)
        await storage.upload_file("key", b"second")
        with pytest.raises(FileExistsError):
            await storage.upload_file("key", LARGE, overwrite=False)
        assert await self.read(storage, "key") == b"second"

    @pytest.mark.parametrize(("given", "seconds"), [(None, 3_600), ("90", 90), (" 3600 ", 3_600), ("864000", 604_800)])
    async def test_an_address_works_for_as_long_as_it_was_set(
        self, storage: ObjectStorageClient, monkeypatch: pytest.MonkeyPatch, given: str | None, seconds: int
    ) -> None:
        if given is not None:
            monkeypatch.setenv("STORAGE_EXPIRY_TIME", given)
        assert self.lasts(await storage.get_read_url("key")) == seconds

    @pytest.mark.parametrize("given", ["soon", "0", "-1", "inf", "nan"])
    async def test_a_time_that_is_none_is_named(
        self, storage: ObjectStorageClient, monkeypatch: pytest.MonkeyPatch, given: str
    ) -> None:
        monkeypatch.setenv("STORAGE_EXPIRY_TIME", given)
        with pytest.raises(ValueError, match="STORAGE_EXPIRY_TIME"):
            await storage.get_read_url("key")

    async def test_the_file_of_an_element_is_streamed_into_it(
        self, storage: ObjectStorageClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "large.bin"
        path.write_bytes(LARGE)

        def read_at_once(path: Path) -> bytes:
            raise AssertionError("it was read as a whole")

        monkeypatch.setattr(Path, "read_bytes", read_at_once)
        element: ElementDict = {"id": "e1", "name": "large.bin", "path": str(path), "type": "file"}
        content = await contents.content_of(element)
        assert content is not None
        stored = await contents.upload(storage, element, content, "user/e1/..\\large.bin")
        assert stored["objectKey"] == "user/e1/.._large.bin"
        elements: list[ElementDict] = [{"id": "e1", "objectKey": stored["objectKey"], "type": "file"}]
        await contents.sign(storage, elements)
        assert await self.read(storage, stored["objectKey"]) == LARGE
        assert urlsplit(elements[0]["url"] or "").path.endswith("/user/e1/.._large.bin")
        await contents.forget(storage, [stored["objectKey"]])
        assert await storage.delete_file(stored["objectKey"]) is False

    async def test_it_is_closed(self, storage: ObjectStorageClient) -> None:
        await storage.close()


class HeadersContract:
    """What those clients do too that keep a file's type and disposition: all but a folder."""

    async def test_type_and_disposition_are_served(self, storage: ObjectStorageClient) -> None:
        await storage.upload_file("key", "a,b", mime="text/csv", content_disposition='attachment; filename="ü.csv"')
        answer = await fetch(await storage.get_read_url("key"))
        assert answer.headers["content-type"] == "text/csv"
        assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''%C3%BC.csv"
        await storage.upload_file("key", "a,b", mime="ü\r\nx: y", content_disposition='inline; filename="a b.csv"')
        answer = await fetch(await storage.get_read_url("key"))
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == 'inline; filename="a b.csv"'


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
