"""Backups: what the database held at one moment and its blobs, restored; and files that are no whole backup."""

import asyncio
import io
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import SettingsError
from gateway.store import SQLiteStore
from gateway.store.backup import progress, restore, save
from gateway.store.backup.form import BLOBS, DATABASE, MANIFEST, Manifest
from gateway.store.backup.writer import Writer
from gateway.store.migrations import HEAD
from tests.store import old_schemas
from tests.store.contract import envelope, pending_keys
from tests.store.test_file import disk
from tests.support import forks

BLOB = {"ab/cd.bin": b"\0\1\2" * 1000, "é/" + "n" * 190 + "/" + "m" * 190: b"long", "empty": b""}


def silent(line: str) -> None:
    """Nobody is told how far it is."""


def put(folder: Path, files: dict[str, bytes] = BLOB) -> Path:
    """Put files into a folder of blobs."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def database(path: Path, *keys: str) -> Path:
    """Make a database with some deliveries in it."""
    store = SQLiteStore(path)
    await store.open()
    for key in keys:
        await store.put(envelope(key))
    await store.close()
    return path


async def keys(path: Path) -> list[str]:
    """The deliveries in a database."""
    store = SQLiteStore(path)
    await store.open()
    found = await pending_keys(store)
    await store.close()
    return found


@pytest.fixture
async def backup(tmp_path: Path) -> Path:
    """A backup with two deliveries and some blobs."""
    made = tmp_path / "there"
    path = await database(made / "gateway.db", "a", "b")
    save(tmp_path / "backup.tar", path, put(made / "blobs"), tell=silent)
    return tmp_path / "backup.tar"


def refused(source: Path, where: Path, *, force: bool = True, blobs: bool = True) -> str:
    """Why a backup is not restored: one line. Nothing is changed by it."""
    before = files(where) if where.exists() else {}
    with pytest.raises(SettingsError) as caught:
        restore(source, where / "gateway.db", where / "blobs" if blobs else None, force=force, tell=silent)
    after = files(where) if where.exists() else {}
    after.pop("gateway.db.lock", None)
    before.pop("gateway.db.lock", None)
    assert after == before
    assert {path.name for path in where.rglob("*")} <= {"blobs", *(Path(each).name for each in after)} | folders(before)
    line = str(caught.value)
    assert "\n" not in line
    return line


def folders(paths: dict[str, bytes]) -> set[str]:
    """The names of all folders that the paths go through, and of the lock."""
    return {part for path in paths for part in Path(path).parts} | {"gateway.db.lock"}


# What is whole


async def test_a_backup_is_restored_as_it_was(backup: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["backup.tar"], "no part is left"
    where = tmp_path / "new"
    restored = restore(backup, where / "gateway.db", where / "blobs", force=False, tell=silent)
    assert (restored.tables, restored.blobs) == (HEAD, len(BLOB))
    assert files(where / "blobs") == BLOB
    assert sorted(path.name for path in where.iterdir()) == ["blobs", "gateway.db", "gateway.db.lock"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in where.rglob("*") if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (where / "blobs").rglob("*") if path.is_dir()} == {0o700}
    assert await keys(where / "gateway.db") == ["a", "b"]


async def test_a_gateway_goes_on_writing_while_its_backup_is_made(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "gateway.db")
    await store.open()
    blobs = tmp_path / "blobs"
    done, stop, enough = 0, False, asyncio.Event()

    async def write() -> None:
        nonlocal done
        while not stop:
            put(blobs, {f"{done:06}": b"x"})  # a blob is stored before what names it
            await store.put(envelope(f"{done:06}"))
            done += 1
            if done >= 50:
                enough.set()

    writing = asyncio.create_task(write())
    await enough.wait()
    before = done
    command = [sys.executable, "-P", "-m", "gateway.cli", "backup", "backup.tar"]
    environment = {"DATABASE_URL": f"sqlite:///{store.path}", "GATEWAY_DATA_DIR": str(tmp_path)}
    made = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, env=os.environ | environment, stdout=subprocess.PIPE
    )
    said, _ = await made.communicate()
    assert made.returncode == 0
    assert b"wrote backup.tar" in said
    during, stop = done - before, True
    await writing
    await store.close()
    assert during > 0, "it was not held up"
    where = tmp_path / "new"
    restore(tmp_path / "backup.tar", where / "gateway.db", where / "blobs", force=False, tell=silent)
    kept = await keys(where / "gateway.db")
    assert kept == [f"{n:06}" for n in range(len(kept))]
    assert len(kept) >= before
    assert set(kept) <= set(files(where / "blobs")), "each blob that is named is there"


async def test_what_is_there_is_overwritten_only_by_force(backup: Path, tmp_path: Path) -> None:
    where = tmp_path / "there"
    path = await database(where / "gateway.db", "c")
    put(where / "blobs", {"newer": b"!"})
    assert "--force" in refused(backup, where, force=False)
    restore(backup, path, where / "blobs", force=True, tell=silent)
    assert files(where / "blobs") == BLOB
    assert await keys(path) == ["a", "b"]
    path.unlink()
    assert f"blobs already in {where}/blobs: --force" in refused(backup, where, force=False)


async def test_what_the_log_of_the_former_database_holds_is_not_played_into_the_restored_one(
    backup: Path, tmp_path: Path
) -> None:
    where = tmp_path / "there"
    path = await database(where / "gateway.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE owner SET epoch = 77")
        shutil.copy(path, tmp_path / "main")  # as a process that is killed leaves them
        shutil.copy(f"{path}-wal", tmp_path / "log")
    shutil.copy(tmp_path / "main", path)
    shutil.copy(tmp_path / "log", f"{path}-wal")
    restore(backup, path, where / "blobs", force=True, tell=silent)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT epoch FROM owner").fetchall() == [(1,)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_damaged_database_is_replaced(backup: Path, tmp_path: Path) -> None:
    where = tmp_path / "there"
    (where / "gateway.db").write_bytes(b"nonsense" * 1000)
    restore(backup, where / "gateway.db", where / "blobs", force=True, tell=silent)
    assert await keys(where / "gateway.db") == ["a", "b"]


async def test_an_older_backup_is_migrated_at_the_next_start(tmp_path: Path) -> None:
    old_schemas.make(tmp_path / "old.db", 4).close()
    save(tmp_path / "backup.tar", tmp_path / "old.db", tmp_path / "no blobs yet", tell=silent)
    where = tmp_path / "new"
    restored = restore(tmp_path / "backup.tar", where / "gateway.db", where / "blobs", force=False, tell=silent)
    assert (restored.tables, restored.blobs) == (4, 0)
    assert await keys(where / "gateway.db") == []


async def test_a_former_backup_is_replaced_and_nothing_else_is(backup: Path, tmp_path: Path) -> None:
    path = await database(tmp_path / "there" / "gateway.db", "c")
    save(backup, path, None, tell=silent)
    where = tmp_path / "new"
    restored = restore(backup, where / "gateway.db", where / "blobs", force=False, tell=silent)
    assert restored.blobs is None
    assert not (where / "blobs").exists()
    assert await keys(where / "gateway.db") == ["a", "b", "c"]
    with pytest.raises(SettingsError, match="is no backup: choose another name"):
        save(path, path, None, tell=silent)
    assert await keys(path) == ["a", "b", "c"]


async def test_a_backup_in_the_folder_of_blobs_is_refused(backup: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    with pytest.raises(SettingsError, match="one of the blobs it holds: choose another folder"):
        save(there / "blobs" / "ab" / "backup.tar", there / "gateway.db", there / "blobs", tell=silent)
    assert files(there / "blobs") == BLOB


async def test_what_is_being_written_and_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    path = await database(tmp_path / "gateway.db")
    blobs = put(tmp_path / "blobs", {"a": b"1", ".parts/b": b"2", "c/.d": b"3"})
    (blobs / "link").symlink_to(tmp_path / "gateway.db")
    os.mkfifo(blobs / "pipe")
    saved = save(tmp_path / "backup.tar", path, blobs, tell=silent)
    assert saved.blobs == 1
    with tarfile.open(tmp_path / "backup.tar") as tar:
        assert tar.getnames() == ["manifest.json", "gateway.db", "blobs/a", "end.json"]


async def test_long_work_says_how_far_it_is(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", -1.0)
    lines: list[str] = []
    save(backup, tmp_path / "there" / "gateway.db", tmp_path / "there" / "blobs", tell=lines.append)
    restore(backup, tmp_path / "new.db", tmp_path / "blobs", force=False, tell=lines.append)
    assert {line.partition(":")[0] for line in lines} == {"database", "blobs", "unpacked"}


# What is not whole


async def test_a_gateway_that_uses_the_database_is_named(backup: Path, tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "new" / "gateway.db")
    await store.open()
    with pytest.raises(SettingsError, match=f"process {os.getpid()} is using it: stop that one"):
        restore(backup, store.path, tmp_path / "new" / "blobs", force=True, tell=silent)
    await store.ping()
    await store.close()


@pytest.mark.parametrize("where", ["empty", "full"])
async def test_a_file_that_was_cut_off(backup: Path, tmp_path: Path, where: str) -> None:
    if where == "full":
        put((await database(tmp_path / where / "gateway.db", "c")).parent / "blobs", {"newer": b"!"})
    content = backup.read_bytes()
    part = tmp_path / "part.tar"
    end = content.rindex(b"end.json")
    for size in (512, 600, *range(2_000, end, len(content) // 20), end, end + 100, end + 512, end + 600):
        part.write_bytes(content[:size])
        assert "it is cut off" in refused(part, tmp_path / where), size
    for size in (0, 1, 100):
        part.write_bytes(content[:size])
        assert "it is no backup of the gateway" in refused(part, tmp_path / where), size


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_bytes_are_changed_it_is_refused_or_they_mean_nothing(
    backup: Path, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(backup.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    part, where = tmp_path / "part.tar", tmp_path / "changed"
    part.write_bytes(content)
    shutil.rmtree(where, ignore_errors=True)
    try:
        restore(part, where / "gateway.db", where / "blobs", force=True, tell=silent)
    except SettingsError as error:
        assert "\n" not in str(error)
        assert not (where / "gateway.db").exists()
        assert not (where / "blobs").exists()
        return
    assert files(where / "blobs") == BLOB
    with tarfile.open(backup) as tar:
        kept = tar.extractfile("gateway.db")
        assert kept is not None
        assert (where / "gateway.db").read_bytes() == kept.read()


def tar_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("kind", ["text", "gzip", "tar", "database", "nothing"])
async def test_a_file_of_another_program(tmp_path: Path, backup: Path, kind: str) -> None:
    path = tmp_path / "foreign"
    match kind:
        case "text":
            path.write_text("dear diary\n" * 1000)
        case "gzip":
            with tarfile.open(path, "w:gz") as tar:
                tar.add(backup, "manifest.json")
        case "tar":
            tar_of(path, (tarfile.TarInfo("etc/passwd"), b"root"))
        case "database":
            await database(path)
        case _:
            path.write_bytes(b"")
    assert "it is no backup of the gateway: name a file that `gateway backup` wrote" in refused(path, tmp_path / "new")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file or directory" in refused(tmp_path / "nowhere.tar", tmp_path / "new")


def manifest(**changes: object) -> Manifest:
    said = {"format": 1, "gateway": "9.9.9", "made_at": "2030-01-01T00:00:00+00:00", "tables": 1, "blobs": True}
    return Manifest.model_validate(said | changes)


async def made(path: Path, fill: Callable[[Writer], None], said: Manifest | None = None) -> Path:
    """A backup whose digest is right, whatever is in it."""
    content = (await database(path.with_name("of it.db"))).read_bytes()
    with path.open("wb") as out:
        writer = Writer(out)
        writer.add_text(MANIFEST, said or manifest())
        writer.add(DATABASE, len(content), io.BytesIO(content))
        fill(writer)
        writer.finish()
    return path


@pytest.mark.parametrize(
    "name",
    [
        "blobs/../../escaped",
        "blobs/a/../../../escaped",
        "blobs//escaped",
        "blobs/.hidden",
        "blobs/",
        "blobs",
        "/escaped",
        "../escaped",
        "gateway.db",
        "gateway.db-wal",
        "manifest.json",
        "blobs/" + "x/" * 2_000 + "x",
    ],
)
async def test_a_path_that_escapes(tmp_path: Path, name: str) -> None:
    path = await made(tmp_path / "backup.tar", lambda writer: writer.add(name, 1, io.BytesIO(b"x")))
    line = refused(path, tmp_path / "deep" / "new")
    assert "that no backup has there" in line
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
async def test_what_is_no_plain_file(tmp_path: Path, backup: Path, kind: bytes) -> None:
    with tarfile.open(backup) as tar, tarfile.open(tmp_path / "bad.tar", "w") as bad:
        for member in tar.getmembers()[:2]:
            bad.addfile(member, tar.extractfile(member))
        info = tarfile.TarInfo("blobs/x")
        info.type, info.linkname = kind, "/etc/passwd"
        bad.addfile(info)
    assert "no plain file" in refused(tmp_path / "bad.tar", tmp_path / "new")


async def test_a_name_that_is_there_twice(tmp_path: Path) -> None:
    def twice(writer: Writer) -> None:
        for content in (b"1", b"2"):
            writer.add(f"{BLOBS}a", 1, io.BytesIO(content))

    assert "twice" in refused(await made(tmp_path / "backup.tar", twice), tmp_path / "new")


async def test_a_blob_in_a_folder_that_is_a_blob(tmp_path: Path) -> None:
    def inside(writer: Writer) -> None:
        for name in ("a", "a/b"):
            writer.add(f"{BLOBS}{name}", 1, io.BytesIO(b"1"))

    refused(await made(tmp_path / "backup.tar", inside), tmp_path / "new")


def test_a_header_that_claims_to_be_huge(tmp_path: Path) -> None:
    """The header of a long name says that the name has 8 GB."""
    info = tarfile.TarInfo("manifest.json")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 8 * 10**9
    with (tmp_path / "bad.tar").open("wb") as out:
        out.write(info.tobuf(tarfile.GNU_FORMAT))
        out.truncate(8 * 10**9 + 10_240)
    assert "no backup" in refused(tmp_path / "bad.tar", tmp_path / "new")


async def test_a_backup_of_a_newer_gateway(tmp_path: Path) -> None:
    path = await made(tmp_path / "backup.tar", lambda writer: None, manifest(format=2))
    assert "gateway 9.9.9 wrote it in a newer form: upgrade the gateway" in refused(path, tmp_path / "new")


async def test_tables_of_a_newer_gateway(tmp_path: Path) -> None:
    path = await database(tmp_path / "gateway.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(SettingsError, match="schema version 99"):
        save(tmp_path / "backup.tar", path, None, tell=silent)
    assert not (tmp_path / "backup.tar").exists()
    with (tmp_path / "newer.tar").open("wb") as out:
        writer = Writer(out)
        writer.add_text(MANIFEST, manifest())
        content = path.read_bytes()
        writer.add(DATABASE, len(content), io.BytesIO(content))
        writer.finish()
    assert f"schema version 99, this one knows {HEAD}" in refused(tmp_path / "newer.tar", tmp_path / "new")


@pytest.mark.parametrize("damage", ["pages", "all", "another program's", "empty"])
async def test_a_database_that_was_damaged_before_its_backup_was_made(tmp_path: Path, damage: str) -> None:
    path = await database(tmp_path / "gateway.db", *(f"{n}" for n in range(200)))
    content = bytearray(path.read_bytes())
    match damage:
        case "pages":
            content[20 * 4096 : 30 * 4096] = b"\xff" * (10 * 4096)
        case "all":
            content = bytearray(b"nonsense" * 1000)
        case "empty":
            content = bytearray()
        case _:
            with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
                connection.execute("CREATE TABLE bookmarks (url)")
            content = bytearray((tmp_path / "other.db").read_bytes())
    with (tmp_path / "backup.tar").open("wb") as out:
        writer = Writer(out)
        writer.add_text(MANIFEST, manifest())
        writer.add(DATABASE, len(content), io.BytesIO(content))
        writer.finish()
    line = refused(tmp_path / "backup.tar", tmp_path / "new")
    assert line.startswith(f"backup {tmp_path}/backup.tar: ")


@pytest.mark.parametrize("moved", [False, True])
async def test_a_restore_in_whose_middle_the_machine_died_is_mended_by_the_next(
    backup: Path, tmp_path: Path, moved: bool
) -> None:
    where = tmp_path / "there"
    path = await database(where / "gateway.db", "c")
    shutil.rmtree(where / "blobs")
    put(where / "blobs.former", {"older": b"!"})  # it was renamed, and the database was not replaced
    put(where / "gateway.db.restoring", {"gateway.db": b"unpacked"})
    put(where / ("blobs" if moved else "blobs.restoring"), {"unpacked": b"?"})
    part = tmp_path / "part.tar"
    part.write_bytes(backup.read_bytes()[:20_000])
    with pytest.raises(SettingsError, match="cut off"):
        restore(part, path, where / "blobs", force=True, tell=silent)
    assert files(where / "blobs") == {"older": b"!"}
    assert sorted(each.name for each in where.iterdir()) == ["blobs", "gateway.db", "gateway.db.lock"]
    restore(backup, path, where / "blobs", force=True, tell=silent)
    assert files(where / "blobs") == BLOB


async def test_a_restore_after_which_the_machine_died_is_tidied_by_the_next(backup: Path, tmp_path: Path) -> None:
    where = tmp_path / "there"
    put(where / "blobs.former", {"older": b"!"})  # the database has left the folder beside
    (where / "gateway.db.restoring").mkdir()
    part = tmp_path / "part.tar"
    part.write_bytes(backup.read_bytes()[:20_000])
    with pytest.raises(SettingsError, match="cut off"):
        restore(part, where / "gateway.db", where / "blobs", force=True, tell=silent)
    assert files(where / "blobs") == BLOB
    assert not (where / "blobs.former").exists()


async def test_a_database_that_cannot_be_replaced_keeps_its_blobs(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "there"
    put(where / "blobs", {"newer": b"!"})

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", denied)
    assert "Permission denied" in refused(backup, where)
    assert "newer" in files(where / "blobs")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for less than a database."""
    with disk(tmp_path / "small", kilobytes=100) as made:
        yield made


async def test_a_disk_without_room_for_the_backup(backup: Path, tmp_path: Path, small: Path) -> None:
    with pytest.raises(SettingsError, match=f"make room on the disk of {small}"):
        save(small / "backup.tar", tmp_path / "there" / "gateway.db", None, tell=silent)
    assert list(small.iterdir()) == []


async def test_a_disk_without_room_for_what_is_restored(backup: Path, small: Path) -> None:
    assert f"make room on the disk of {small}" in refused(backup, small)


# The commands


def gateway(*arguments: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "DATABASE_URL"))}
    return forks.run(*arguments, folder=folder, environment=kept | more)


async def test_the_commands_say_what_they_did(tmp_path: Path) -> None:
    await database(tmp_path / ".gateway" / "gateway.db", "a")
    put(tmp_path / ".gateway" / "blobs", {"a": b"1", "b": b"2"})
    saved = gateway("backup", "backup.tar", folder=tmp_path)
    assert (saved.returncode, saved.stderr) == (0, "")
    assert saved.stdout.startswith("wrote backup.tar: 0.3 MB, 2 blobs")
    refused = gateway("restore", "backup.tar", folder=tmp_path)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "--force" in refused.stderr
    restored = gateway("restore", "backup.tar", "--force", folder=tmp_path)
    assert restored.returncode == 0, restored.stderr
    assert f"tables of version {HEAD}, 2 blobs" in restored.stdout


async def test_blobs_that_are_kept_elsewhere_are_said_to_be_missing(tmp_path: Path) -> None:
    await database(tmp_path / ".gateway" / "gateway.db", "a")
    elsewhere = gateway("backup", "backup.tar", folder=tmp_path, BLOB_URL="s3://bucket/prefix")
    assert "the blobs are not in it: BLOB_URL keeps them elsewhere" in elsewhere.stdout
    put(tmp_path / "folder", {"a": b"1"})
    local = gateway("backup", "backup.tar", folder=tmp_path, BLOB_URL=f"file://{tmp_path}/folder")
    assert "1 blobs" in local.stdout
    refused = gateway("restore", "backup.tar", "--force", folder=tmp_path, BLOB_URL="s3://bucket/prefix")
    assert "BLOB_URL names no folder" in refused.stderr


def test_a_database_on_a_server_is_copied_by_its_own_tools(tmp_path: Path) -> None:
    done = gateway("backup", "backup.tar", folder=tmp_path, DATABASE_URL="postgresql://ada:secret-word@127.0.0.1/x")
    assert done.returncode == 2
    assert "pg_dump" in done.stderr
    assert "secret-word" not in done.stderr
