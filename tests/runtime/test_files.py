"""Downloaded attachments: private, bounded, cleaned up after what fails, and in nobody's way."""

import asyncio
import errno
import os
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event

import pytest

from gateway import disk
from gateway.disk import Quota, writing
from gateway.egress import Sender
from gateway.errors import TooLarge, Unavailable
from gateway.model import FromBytes, FromPath, OutgoingFile, RemoteFile
from gateway.runtime.files import Files
from tests.egress.platform import Plain
from tests.support.files import files_in

MB = 1_000_000


class Attachments(Plain):
    """A platform whose files are as large as their id says, in pieces of 0.1 MB."""

    error: Exception | None = None

    def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        return self._chunks(int(file.id.partition("-")[0]), limit)

    async def _chunks(self, size: int, limit: int) -> AsyncIterator[bytes]:
        for at in range(0, size, 100_000):
            if at >= limit:
                raise TooLarge("the limit")
            yield b"x" * min(100_000, size - at)
        if self.error is not None:
            raise self.error


def remote(size: int, name: str = "a.bin", *, number: int = 0, told: bool = True) -> RemoteFile:
    return RemoteFile(id=f"{size}-{number}", name=name, mime="", size=size if told else None, workspace="w")


class AttachmentFolder:
    """Hold a folder of downloaded attachments with its quota, fed by an emulated platform."""

    def __init__(self, folder: Path, *, each: int = 5 * MB, total: int = 10 * MB) -> None:
        self.folder = folder
        self.platform = Attachments()
        self.quota = Quota(each=each, total=total, settings=("EACH", "TOTAL"))
        self.files = Files(folder, sender=Sender({"plain": self.platform}), limit=4 * MB, quota=self.quota)

    async def fetch(self, file: RemoteFile, *, session: str = "s1", delivery: str = "d1") -> Path:
        return await self.files.fetch(file, platform="plain", session=session, delivery=delivery)

    def on_disk(self) -> int:
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    def age(self, seconds: float) -> None:
        """Let so much time pass for what is kept."""
        for path in [*self.folder.rglob("*")]:
            os.utime(path, (time.time() - seconds,) * 2)
        entries = self.quota._entries
        entries.update({path: entry._replace(at=entry.at - seconds) for path, entry in entries.items()})


@pytest.fixture
def kept(tmp_path: Path) -> AttachmentFolder:
    return AttachmentFolder(tmp_path / "data" / "files")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Private


async def test_nobody_else_can_read_an_attachment(kept: AttachmentFolder, tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        path = await kept.fetch(remote(10))
    finally:
        os.umask(before)
    assert mode(path) == 0o600
    folders = [folder for folder in path.parents if folder.is_relative_to(tmp_path / "data")]
    assert {mode(folder) for folder in folders} == {0o700}
    assert len(folders) == 4


async def test_nobody_else_can_read_a_held_file(tmp_path: Path) -> None:
    folder = files_in(tmp_path / "blobs", public_url=None).vault
    before = os.umask(0o000)
    try:
        await folder.hold(OutgoingFile(name="a", mime="", source=FromBytes(data=b"mine")), key="k")
    finally:
        os.umask(before)
    for path in tmp_path.rglob("*"):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path


async def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(kept: AttachmentFolder, tmp_path: Path) -> None:
    path = await kept.fetch(remote(10))
    path.unlink()
    (tmp_path / "other").write_text("not ours")
    path.with_name(path.name + ".part").symlink_to(tmp_path / "other")
    await kept.fetch(remote(10))
    assert (tmp_path / "other").read_text() == "not ours"


async def test_a_folder_an_older_gateway_made_is_closed_to_others(kept: AttachmentFolder) -> None:
    kept.folder.mkdir(parents=True, mode=0o755)
    kept.folder.chmod(0o755)
    await kept.files.prune(older_than=60)
    assert mode(kept.folder) == 0o700


# After failures


@pytest.mark.parametrize("error", [Unavailable("broke off"), TooLarge("more than was said"), asyncio.CancelledError()])
async def test_a_download_that_fails_leaves_nothing(kept: AttachmentFolder, error: Exception) -> None:
    kept.platform.error = error
    with pytest.raises(type(error)):
        await kept.fetch(remote(300_000))
    assert list(kept.folder.rglob("*")) == []
    assert kept.quota.total == 0


async def test_of_two_files_the_one_that_came_stays(kept: AttachmentFolder) -> None:
    await kept.fetch(remote(10, "good"))
    kept.platform.error = Unavailable("broke off")
    with pytest.raises(Unavailable):
        await kept.fetch(remote(20, "bad"))
    assert kept.names() == ["good"]
    assert kept.quota.of("s1") == 10


async def test_a_full_disk_is_said_as_what_it_is(kept: AttachmentFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, _: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None: ...

    def create(path: Path) -> Full:
        path.touch()
        return Full()

    monkeypatch.setattr(writing, "create", create)
    with pytest.raises(TooLarge, match=r"no room for a\.bin on the bot's disk"):
        await kept.fetch(remote(10))
    assert list(kept.folder.rglob("*")) == []


async def test_halves_of_downloads_of_a_process_that_died_are_pruned(kept: AttachmentFolder) -> None:
    path = await kept.fetch(remote(10, "whole"))
    path.with_name("half.part").write_bytes(b"x")
    await kept.files.prune(older_than=7 * 86_400)
    assert kept.names() == ["half.part", "whole"]
    kept.age(7_200)
    await kept.files.prune(older_than=7 * 86_400)
    assert kept.names() == ["whole"]


async def test_a_held_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    quota = Quota(each=MB, total=MB, settings=("EACH", "TOTAL"))
    folder = files_in(tmp_path / "blobs", public_url=None, quota=quota).vault
    gone = OutgoingFile(name="gone", mime="", source=FromPath(path=tmp_path / "nowhere"))
    with pytest.raises(OSError, match="No such file"):
        await folder.hold(gone, key="k", conversation="c")
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
    assert quota.total == 0


# Bounds


async def test_a_conversation_has_its_share_and_its_oldest_files_make_room(kept: AttachmentFolder) -> None:
    for number in range(2):
        await kept.fetch(remote(2 * MB, f"old{number}", number=number), delivery=f"d{number}")
    with pytest.raises(TooLarge, match=r"no room for new: the files of this conversation may take 5 MB \(EACH\)"):
        await kept.fetch(remote(2 * MB, "new"), delivery="d9")
    assert kept.names() == ["old0", "old1"], "what may be in use is not removed"
    kept.age(7_200)
    await kept.fetch(remote(2 * MB, "new"), delivery="d9")
    assert kept.names() == ["new", "old1"]
    assert kept.quota.of("s1") == kept.on_disk() == 4 * MB


async def test_a_size_that_was_not_told_is_bounded_as_it_comes(kept: AttachmentFolder) -> None:
    for number in range(2):
        await kept.fetch(remote(2 * MB, number=number, told=False), delivery=f"d{number}")
    with pytest.raises(TooLarge, match="EACH"):
        await kept.fetch(remote(2 * MB, "new", told=False), delivery="d9")
    assert kept.quota.total == kept.on_disk() == 4 * MB


async def test_all_conversations_together_have_a_bound(kept: AttachmentFolder) -> None:
    for number in range(5):
        await kept.fetch(remote(2 * MB, f"old{number}"), session=f"s{number}")
    with pytest.raises(TooLarge, match=r"all conversations may take 10 MB \(TOTAL\)"):
        await kept.fetch(remote(MB), session="s9")
    kept.age(7_200)
    await kept.fetch(remote(MB, "new"), session="s9")
    assert kept.names() == ["new", "old1", "old2", "old3", "old4"]
    assert [path.name for path in kept.folder.iterdir() if path.name == "s0"] == [], "nor is its folder left"


async def test_many_at_once_stay_within_the_bound(kept: AttachmentFolder) -> None:
    outcomes = await asyncio.gather(
        *(kept.fetch(remote(MB, number=n, told=False), delivery=f"d{n}") for n in range(12)), return_exceptions=True
    )
    assert kept.on_disk() <= 5 * MB
    assert kept.quota.total == kept.on_disk()
    assert {type(each) for each in outcomes if isinstance(each, Exception)} == {TooLarge}


async def test_a_re_run_downloads_again_and_counts_once(kept: AttachmentFolder) -> None:
    paths = {await kept.fetch(remote(2 * MB)) for _ in range(5)}
    assert len(paths) == 1
    assert kept.quota.total == kept.on_disk() == 2 * MB


async def test_what_a_former_process_left_counts_and_what_goes_does_not(kept: AttachmentFolder) -> None:
    await kept.fetch(remote(2 * MB, "old"))
    again = AttachmentFolder(kept.folder)
    await again.fetch(remote(MB, "new"), delivery="d2")
    assert again.quota.of("s1") == 3 * MB
    await again.files.forget("s1")
    assert (again.quota.total, again.on_disk()) == (0, 0)
    await again.fetch(remote(MB), session="s2")
    again.age(100)
    await again.files.prune(older_than=60)
    assert (again.quota.total, again.on_disk()) == (0, 0)


async def test_held_files_have_bounds_of_their_own(tmp_path: Path) -> None:
    def quota() -> Quota:
        return Quota(each=2 * MB, total=3 * MB, settings=("EACH", "TOTAL"))

    def file(name: str) -> OutgoingFile:
        return OutgoingFile(name=name, mime="", source=FromBytes(data=b"x" * MB))

    folder = files_in(tmp_path / "blobs", public_url=None, quota=quota()).vault
    first = await folder.hold(file("a"), key="k", conversation="c1")
    assert await folder.hold(file("a"), key="k", conversation="c1") == first, "once more is not one more"
    await folder.hold(file("b"), key="k", conversation="c1")
    with pytest.raises(TooLarge, match="EACH"):
        await folder.hold(file("c"), key="k", conversation="c1")
    await folder.hold(file("c"), key="k")
    again = files_in(tmp_path / "blobs", public_url=None, quota=quota()).vault
    with pytest.raises(TooLarge, match="TOTAL"):
        await again.hold(file("d"), key="k", conversation="c2")
    await again.drop(first)
    assert await again.hold(file("d"), key="k", conversation="c2")


# In nobody's way


async def test_a_bot_that_fills_the_default_threads_holds_up_no_file(kept: AttachmentFolder, tmp_path: Path) -> None:
    release = Event()
    busy = [asyncio.create_task(asyncio.to_thread(release.wait)) for _ in range(100)]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(10):
            path = await kept.fetch(remote(300_000))
            folder = files_in(tmp_path / "blobs", public_url="https://bot.example").vault
            id = await folder.hold(OutgoingFile(name="a", mime="", source=FromPath(path=path)), key="k")
            assert await folder.find(id) is not None
    finally:
        release.set()
        await asyncio.gather(*busy)


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    disk.make_folder(tmp_path / "shared" / "mine" / "deep")
    assert [mode(tmp_path / name) for name in ("shared", "shared/mine", "shared/mine/deep")] == [0o755, 0o700, 0o700]
