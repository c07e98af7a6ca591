"""The database file: one owner under any name of it, and what happens to it while it is in use is noticed."""

import asyncio
import errno
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gateway.errors import SettingsError, StoreFailed
from gateway.store.sqlite import SQLiteStore, file
from tests.store import old_schemas
from tests.store.contract import envelope


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    made = SQLiteStore(tmp_path / "data" / "gateway.db")
    await made.open()
    yield made
    await made.close()


class Lines:
    """A log that is kept."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.databases: set[str] = set()

    def error(self, what: str, *, database: str, **_: object) -> None:
        self.said.append(("error", what))
        self.databases.add(database)

    def info(self, what: str, **_: object) -> None:
        self.said.append(("info", what))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    kept = Lines()
    monkeypatch.setattr("gateway.store.core.writer.log", kept)
    return kept


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The looks at the file are not rationed, and what works is believed."""
    monkeypatch.setattr(file, "LOOK_EVERY", -1.0)
    monkeypatch.setattr("gateway.store.core.writer.RECOVERED", -1.0)


# One owner


def _symlink_to_file(path: Path, other: Path) -> None:
    other.symlink_to(path)


def _hard_link(path: Path, other: Path) -> None:
    os.link(path, other)


@pytest.mark.parametrize("name_it", [_symlink_to_file, _hard_link])
async def test_another_name_of_the_same_file_is_refused(
    store: SQLiteStore, tmp_path: Path, name_it: Callable[[Path, Path], None]
) -> None:
    other = tmp_path / "elsewhere" / "other.db"
    other.parent.mkdir()
    name_it(store.path, other)
    with pytest.raises(SettingsError, match="is using it"):
        await SQLiteStore(other).open()
    assert (await store.put(envelope("a"))).new


async def test_a_link_to_the_folder_is_the_same_folder(store: SQLiteStore, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(store.path.parent)
    with pytest.raises(SettingsError, match=f"process {os.getpid()} is using it"):
        await SQLiteStore(tmp_path / "link" / "gateway.db").open()


async def test_without_its_lock_file_it_is_still_locked(store: SQLiteStore) -> None:
    store.path.with_name("gateway.db.lock").unlink()
    with pytest.raises(SettingsError, match="another process is using it"):
        await SQLiteStore(store.path).open()


async def test_a_link_that_leads_nowhere_yet_becomes_the_database(tmp_path: Path) -> None:
    link = tmp_path / "gateway.db"
    link.symlink_to(tmp_path / "volume" / "real.db")
    store = SQLiteStore(link)
    await store.open()
    await store.put(envelope("a"))
    await store.close()
    assert (tmp_path / "volume" / "real.db").is_file()
    assert link.is_symlink()


# While it is in use


def _deleted(path: Path) -> None:
    path.unlink()


def _folder_moved(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


def _replaced(path: Path) -> None:
    path.rename(path.with_name("old.db"))
    sqlite3.connect(path).close()
    path.touch()


def _log_deleted(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


def _overwritten(path: Path) -> None:
    with path.open("r+b") as out:
        out.write(b"\0" * 8192)


def _cut_off(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("harm", [_deleted, _folder_moved, _replaced, _log_deleted, _overwritten, _cut_off])
async def test_what_happens_to_the_file_is_noticed_by_the_next_write_and_said_once(
    store: SQLiteStore, lines: Lines, harm: Callable[[Path], None]
) -> None:
    await store.put(envelope("a"))
    harm(store.path)
    outcomes = await asyncio.gather(
        *(store.put(envelope(f"k{n}")) for n in range(5)), store.ping(), return_exceptions=True
    )
    for _ in range(5):
        with pytest.raises(StoreFailed) as raised:
            await store.ping()
    assert [type(outcome) for outcome in outcomes] == [StoreFailed] * 6, "nothing is acknowledged that would be lost"
    assert str(store.path.parent) not in str(raised.value), "strangers read it in /readyz"
    assert lines.said == [("error", "store.failing")]
    assert lines.databases == {str(store.path)}


@pytest.mark.usefixtures("at_once")
async def test_when_the_file_is_back_the_store_works_again_and_says_so(store: SQLiteStore, lines: Lines) -> None:
    await store.put(envelope("a"))
    aside = store.path.with_name("aside.db")
    store.path.rename(aside)
    with pytest.raises(StoreFailed, match="cannot be found"):
        await store.put(envelope("b"))
    aside.rename(store.path)
    assert (await store.put(envelope("b"))).new
    assert not (await store.put(envelope("a"))).new
    assert [what for _, what in lines.said] == ["store.failing", "store.works_again"]


# A full disk at the start


@contextmanager
def disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of its own. Skip the test where none can be made."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a disk takes root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that is full to the last byte."""
    with disk(tmp_path / "disk", kilobytes=64) as made:
        with pytest.raises(OSError, match="No space left"), (made / "full").open("wb", buffering=0) as out:
            while True:
                out.write(b"x" * 4096)
        yield made


async def test_a_full_disk_is_named_with_what_to_do(small_disk: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        await SQLiteStore(small_disk / "data" / "gateway.db").open()
    line = str(raised.value)
    assert f"make room on the disk of {small_disk} (0.0 MB are free)" in line
    assert "DATABASE_URL" in line
    assert "\n" not in line


@pytest.mark.parametrize("kilobytes", [500, 800])
async def test_a_disk_without_room_for_the_copy_or_the_migration_leaves_the_database_as_it_is(
    tmp_path: Path, kilobytes: int
) -> None:
    """The database takes 350 kB: on the smaller disk no copy of it finds room, on the larger one nothing beside it."""
    with disk(tmp_path / "disk", kilobytes) as made:
        path = made / "gateway.db"
        with closing(old_schemas.make(path, 5)) as connection:
            connection.execute("INSERT INTO tokens VALUES ('s:1', zeroblob(250000), 0)")
            before = list(connection.iterdump())
        with pytest.raises(SettingsError, match=f"make room on the disk of {made}"):
            await SQLiteStore(path).open()
        with closing(sqlite3.connect(path)) as connection:
            assert list(connection.iterdump()) == before
        assert path.with_name("gateway.db.v5").exists() == (kilobytes > 500)


@pytest.mark.parametrize("what", ["lock file", "database"])
async def test_a_disk_that_fills_while_it_is_opened_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def full(*_: object) -> None:
        if what == "lock file":
            raise OSError(errno.ENOSPC, "No space left on device")
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(*((os, "ftruncate") if what == "lock file" else (file, "_take_over")), full)
    with pytest.raises(SettingsError, match="make room on the disk of /"):
        await SQLiteStore(tmp_path / "gateway.db").open()
