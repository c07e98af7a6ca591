"""Blobs in a folder: private, synced, whole."""

import errno
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import SettingsError, TooLarge
from gateway.ports import Blobs
from gateway.store.blobs import open_blobs
from tests.blobs.contract import BlobsContract, content, in_chunks, keys


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "blobs"


@pytest.fixture
def blobs(root: Path) -> Blobs:
    return open_blobs(None, folder=root)


class TestFolder(BlobsContract):
    """The contract, in a folder."""


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


async def test_only_its_own_user_can_read_the_folder(blobs: Blobs, root: Path) -> None:
    await blobs.put("held/ab/data", b"secret")
    [file] = files(root)
    assert file.stat().st_mode & 0o777 == 0o600
    while file != root.parent:
        file = file.parent
        assert file.stat().st_mode & 0o777 == 0o700


async def test_a_symbolic_link_in_the_way_is_replaced_not_followed(blobs: Blobs, root: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"somebody's")
    (root / "key").symlink_to(target)
    await blobs.put("key", b"ours")
    assert (target.read_bytes(), await content(blobs, "key")) == (b"somebody's", b"ours")


async def test_content_and_name_are_synced_before_put_returns(
    blobs: Blobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    await blobs.put("held/ab/data", b"content")
    part, *folders = synced
    assert Path(part).parent == root / ".parts"
    assert folders == [str(root / "held/ab"), str(root / "held"), str(root)]


async def test_a_full_disk_is_named_and_leaves_what_there_was(
    blobs: Blobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await blobs.put("key", b"first")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(TooLarge, match=r"no room for key: make room on the disk of .* MB are free"):
            await blobs.put("key", in_chunks(b"second"))
        with pytest.raises(TooLarge, match="no room for other"):
            await blobs.put("other", b"second")
    assert [path.name for path in files(root)] == ["key"]
    assert await content(blobs, "key") == b"first"
    await blobs.put("key", b"second")
    assert await content(blobs, "key") == b"second"


async def test_what_a_killed_process_was_writing_is_removed_after_a_day(root: Path) -> None:
    parts = root / ".parts"
    parts.mkdir(parents=True)
    for name, age in (("old", 90_000), ("new", 80_000)):
        (parts / name).write_bytes(b"half")
        os.utime(parts / name, (time.time() - age,) * 2)
    blobs = open_blobs(None, folder=root)
    assert await keys(blobs) == set()
    await blobs.put("key", b"x")
    assert {path.name for path in files(root)} == {"new", "key"}


async def test_a_put_that_is_cancelled_leaves_nothing(blobs: Blobs, root: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"x"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await blobs.put("key", endless())
    assert files(root) == []


async def test_a_folder_has_no_addresses(blobs: Blobs) -> None:
    await blobs.put("key", b"x")
    assert await blobs.sign("key", seconds=60) is None


async def test_a_folder_that_cannot_be_written_fails_the_check(
    blobs: Blobs, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("gateway.object_storage.folder.create", read_only)
    with pytest.raises(SettingsError, match=r"BLOB_URL: cannot write into .*: Read-only file system; make it writable"):
        await blobs.check()
