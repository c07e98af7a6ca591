"""What every blob store has to do, wherever it keeps its blobs. A subclass has a fixture ``blobs``."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import TooLarge
from gateway.ports import Blobs

KEYS = [
    "held/ab12/data",
    "names/Ångström 日本語 🎉 e\u0301.txt",
    "names/a b%20c%2Fd#1?x=y&z+[1]{2}~^`|<>\"'*:;,.txt",
    "names/.hidden/..twice/.parts/r#7",
    "names/" + "語" * 200 + ".." + "x" * 300,
    "names/" + "." * 1_000,
    "one",
]
LARGE = bytes(range(256)) * 4 * 1024 * 12
"""12 MiB: several parts of a large upload."""
BAD = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    "a\0b",
    "a\nb",
    "a\\b",
    "a\ud800b",
    "k" * 1_025,
]


async def content(blobs: Blobs, key: str) -> bytes:
    blob = await blobs.read(key)
    return b"".join([chunk async for chunk in blob.chunks])


async def keys(blobs: Blobs, prefix: str = "") -> set[str]:
    return {info.key async for info in blobs.list(prefix)}


async def in_chunks(data: bytes, size: int = 100_000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


class BlobsContract:
    """The suite."""

    @pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key)[:20])
    async def test_what_was_put_is_read_listed_and_deleted_by_its_key(self, blobs: Blobs, key: str) -> None:
        assert await blobs.put(key, b"content", mime="text/plain") == 7
        assert await content(blobs, key) == b"content"
        assert await keys(blobs) == {key}
        await blobs.delete([key])
        assert await keys(blobs) == set()
        with pytest.raises(FileNotFoundError):
            await blobs.read(key)

    @pytest.mark.parametrize("key", BAD, ids=lambda key: ascii(key)[:20])
    async def test_a_key_that_is_no_key_is_refused(self, blobs: Blobs, key: str) -> None:
        with pytest.raises(ValueError, match="key"):
            await blobs.put(key, b"x")
        with pytest.raises(ValueError, match="key"):
            await blobs.read(key)
        with pytest.raises(ValueError, match="key"):
            await blobs.delete([key])
        with pytest.raises(ValueError, match="key"):
            await blobs.sign(key, seconds=60)
        assert await keys(blobs) == set()

    async def test_what_is_known_of_a_blob(self, blobs: Blobs) -> None:
        before = time.time()
        await blobs.put("a/b", b"12345")
        [listed] = [info async for info in blobs.list()]
        read = (await blobs.read("a/b")).info
        assert (listed.key, listed.size) == (read.key, read.size) == ("a/b", 5)
        assert abs(listed.modified - before) < 60
        assert abs(read.modified - before) < 60

    async def test_a_prefix_is_made_of_whole_names(self, blobs: Blobs) -> None:
        for key in ("held/a/data", "held/a/about", "held/ab/data", "heldover", "other/held/a"):
            await blobs.put(key, b"x")
        assert await keys(blobs, "held/a") == {"held/a/data", "held/a/about"}
        assert await keys(blobs, "held/") == {"held/a/data", "held/a/about", "held/ab/data"}
        assert await keys(blobs, "nothing") == set()
        with pytest.raises(ValueError, match=r"\.\."):
            await keys(blobs, "../held")

    @pytest.mark.parametrize("data", [b"", b"few", LARGE], ids=["empty", "few", "large"])
    async def test_a_file_bytes_and_chunks_are_the_same_content(
        self, blobs: Blobs, tmp_path: Path, data: bytes
    ) -> None:
        file = tmp_path / "source"
        file.write_bytes(data)
        assert await blobs.put("file", file) == len(data)
        assert await blobs.put("bytes", data) == len(data)
        assert await blobs.put("chunks", in_chunks(data)) == len(data)
        for key in ("file", "bytes", "chunks"):
            assert await content(blobs, key) == data
        assert {info.size async for info in blobs.list()} == {len(data)}

    async def test_a_large_blob_is_read_in_pieces(self, blobs: Blobs) -> None:
        await blobs.put("large", LARGE)
        sizes = [len(chunk) async for chunk in (await blobs.read("large")).chunks]
        assert sum(sizes) == len(LARGE)
        assert max(sizes) <= len(LARGE) / 2

    @pytest.mark.parametrize("size", [5, len(LARGE)])
    async def test_a_blob_is_replaced_or_not(self, blobs: Blobs, size: int) -> None:
        await blobs.put("key", b"first")
        with pytest.raises(FileExistsError):
            await blobs.put("key", LARGE[:size], overwrite=False)
        assert await content(blobs, "key") == b"first"
        await blobs.put("key", LARGE[:size])
        assert await content(blobs, "key") == LARGE[:size]
        await blobs.put("new", LARGE[:size], overwrite=False)
        assert await content(blobs, "new") == LARGE[:size]

    async def test_more_than_the_limit_is_refused_and_nothing_is_kept(self, blobs: Blobs, tmp_path: Path) -> None:
        file = tmp_path / "source"
        file.write_bytes(LARGE)
        await blobs.put("key", b"first", limit=5)
        for source in (LARGE, file, in_chunks(LARGE)):
            with pytest.raises(TooLarge, match=r"12\.5 MB"):
                await blobs.put("key", source, limit=12_500_000)
        assert await content(blobs, "key") == b"first"
        assert await keys(blobs) == {"key"}

    async def test_chunks_that_break_off_leave_what_there_was(self, blobs: Blobs) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield LARGE
            raise ConnectionResetError("the platform hung up")

        await blobs.put("key", b"first")
        with pytest.raises(ConnectionResetError):
            await blobs.put("key", broken())
        with pytest.raises(ConnectionResetError):
            await blobs.put("other", broken())
        assert await content(blobs, "key") == b"first"
        assert await keys(blobs) == {"key"}

    async def test_a_file_that_is_not_there_is_no_blob(self, blobs: Blobs, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="missing"):
            await blobs.put("key", tmp_path / "missing")
        assert await keys(blobs) == set()

    async def test_what_is_not_there_is_deleted_in_peace(self, blobs: Blobs) -> None:
        await blobs.put("a", b"x")
        await blobs.delete(["b", "a", "c/d"])
        assert await keys(blobs) == set()

    async def test_many_are_deleted_at_once_and_no_others(self, blobs: Blobs) -> None:
        made = [f"many/{number}" for number in range(40)]
        await asyncio.gather(*(blobs.put(key, b"x") for key in [*made, "other"]))
        await blobs.delete([*made, "missing"])
        assert await keys(blobs) == {"other"}

    async def test_writers_of_one_key_leave_one_of_their_contents(self, blobs: Blobs) -> None:
        contents = [bytes([each]) * 300_000 for each in range(8)]
        await asyncio.gather(*(blobs.put("key", each) for each in contents))
        assert await content(blobs, "key") in contents

    async def test_deleting_beside_does_not_keep_from_writing(self, blobs: Blobs) -> None:
        async def again(name: str) -> None:
            for _ in range(20):
                await blobs.put(f"folder/sub/{name}", b"x")
                await blobs.delete([f"folder/sub/{name}"])

        await asyncio.gather(*(again(str(each)) for each in range(8)))
        assert await keys(blobs) == set()

    async def test_a_good_store_passes_the_check_and_is_left_as_it_was(self, blobs: Blobs) -> None:
        await blobs.check()
        assert await keys(blobs) == set()
