"""The SQLite store: the contract, and what only a file can get wrong."""

import asyncio
import fcntl
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Fenced, SettingsError, StoreFailed
from gateway.ports import Outcome, Store
from gateway.store import Inspector, SQLiteStore, open_store
from gateway.store.core import ownership
from gateway.store.core.kinds import deliveries, journal, outcomes, payloads, sessions, upkeep
from gateway.store.core.statements import ByKeys, ByRows
from gateway.store.migrations import HEAD
from gateway.store.sqlite.file import PREPARED, OwnerLock, open_owned, open_reader
from tests.store.contents import ContentsContract
from tests.store.contract import (
    LATER,
    Reopen,
    StoreContract,
    bury,
    effect,
    envelope,
    everything_pending,
    lease_on,
    pending_keys,
    prune,
    ref,
    session,
)
from tests.store.documents import DocumentsContract
from tests.store.operations import OperationsContract
from tests.store.outbox import OutboxContract
from tests.store.threads import ThreadsContract

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "gateway.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SQLiteStore]:
    store = SQLiteStore(path)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def reopen(path: Path) -> AsyncIterator[Reopen]:
    opened: list[SQLiteStore] = []

    async def again(store: Store) -> Store:
        await store.close()
        opened.append(SQLiteStore(path))
        await opened[-1].open()
        return opened[-1]

    yield again
    for store in opened:
        await store.close()


async def refusal(store: SQLiteStore) -> str:
    """Why it does not open: one line that names the file."""
    with pytest.raises(SettingsError) as caught:
        await store.open()
    line = str(caught.value)
    assert "\n" not in line
    assert str(store.path) in line
    return line


def run(source: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run source in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", source, *map(str, arguments)], cwd=REPOSITORY, capture_output=True, text=True, timeout=30
    )


class TestSQLiteStore(
    StoreContract, DocumentsContract, OperationsContract, OutboxContract, ThreadsContract, ContentsContract
):
    """All of the contract."""


# One owner


OPEN = """
import asyncio, os, sys
from pathlib import Path
from gateway.errors import SettingsError
from gateway.store import SQLiteStore
if len(sys.argv) > 2 and os.geteuid() == 0:
    os.setuid(65534)
async def main():
    try:
        await SQLiteStore(Path(sys.argv[1])).open()
        print("opened")
    except SettingsError as error:
        print(error)
asyncio.run(main())
"""


async def test_a_second_process_is_refused(store: SQLiteStore) -> None:
    done = await asyncio.to_thread(run, OPEN, store.path)
    assert done.stdout == (
        f"database {store.path}: process {os.getpid()} is using it: stop that one, "
        "or let DATABASE_URL name another file\n"
    )
    await store.put(envelope())
    await store.close()
    done = await asyncio.to_thread(run, OPEN, store.path)
    assert done.stdout == "opened\n"


async def test_a_second_store_in_this_process_is_refused(store: SQLiteStore) -> None:
    second = SQLiteStore(store.path)
    assert "is using it" in await refusal(second)
    await store.close()
    await second.open()
    assert await second.claim("x") is not None
    await second.close()


async def test_a_stale_owner_writes_nothing(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the file system forgot its locks."""
    await store.put(envelope("a"))
    lease = await lease_on(store)
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    usurper = SQLiteStore(store.path)
    await usurper.open()
    outcomes = await asyncio.gather(
        store.put(envelope("b")),
        store.finish(lease, "a", Outcome(session=session())),
        store.renew(lease),
        store.save(session()),
        store.end(ref().key, at=1.0),
        store.put_token("s:1", {}),
        store.recover(),
        prune(store, done_before=LATER, rest_before=LATER),
        store.ping(),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [Fenced] * 9
    assert await pending_keys(usurper) == ["a"]
    assert not await usurper.exists(ref().key)
    assert await usurper.get_token("s:1") is None
    await usurper.close()


async def test_the_command_line_works_beside_the_owner(store: SQLiteStore) -> None:
    for key in ("retried", "dropped", "kept"):
        await bury(store, key)
    await store.save(session())
    seen = await store.put(envelope("open"))
    async with Inspector(f"sqlite:///{store.path}") as beside:
        assert [letter.key for letter in await beside.dead_letters()] == ["kept", "dropped", "retried"]
        assert await beside.retry(["retried"]) == 1
        assert await beside.drop(["dropped"]) == 1
        assert await beside.load(ref().key) == session()
        assert await pending_keys(beside) == ["open", "retried"]
        assert await beside.claim(ref().key) is None
        for refused in (beside.put(envelope("x")), beside.save(session()), beside.recover(), beside.ping()):
            with pytest.raises(Fenced):
                await refused
    assert (await store.put(envelope("next"))).new  # the owner goes on, behind what the other one numbered
    assert await pending_keys(store) == ["open", "retried", "next"]
    (first, _) = await store.pending(after=seen.delivery.seq, now=LATER, limit=10)
    assert first.envelope.key == "retried"


async def test_both_write_at_the_same_time(store: SQLiteStore) -> None:
    dead = [f"dead {n}" for n in range(40)]
    for key in dead:
        await bury(store, key)

    async def put(queue: int) -> None:
        for n in range(40):
            assert (await store.put(envelope(f"{queue}.{n}"))).new

    async def retry(beside: Store) -> None:
        for key in dead:
            assert await beside.retry([key]) == 1

    async with Inspector(f"sqlite:///{store.path}") as beside:
        await asyncio.gather(put(0), put(1), retry(beside))
    seqs = [delivery.seq for delivery in await everything_pending(store)]
    assert len(set(seqs)) == 120


async def test_looking_into_a_database_that_is_not_there(path: Path) -> None:
    assert "there is none" in await refusal(SQLiteStore(path, owner=False))
    assert not path.parent.exists()


# Crashes


def test_a_commit_is_on_the_disk(path: Path) -> None:
    """What no killed process can show: that the machine may die too."""
    database = open_owned(path)
    assert database.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    database.close()


PUT_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from gateway.store import SQLiteStore
from tests.store.contract import envelope
async def main():
    store = SQLiteStore(Path(sys.argv[1]))
    await store.open()
    async def put(writer):
        n = 0
        while True:
            stored = await store.put(envelope(f"{writer}.{n}", text="x" * 2000))
            print(stored.delivery.envelope.key, flush=True)
            n += 1
    await asyncio.gather(*(put(writer) for writer in range(16)))
asyncio.run(main())
"""


async def test_whatever_was_acknowledged_survives_kill_9(path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PUT_UNTIL_KILLED, path, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    acknowledged = [(await process.stdout.readline()).decode().strip() for _ in range(500)]
    process.send_signal(signal.SIGKILL)
    rest = (await process.stdout.read()).decode()
    acknowledged += rest[: rest.rfind("\n") + 1].split()
    assert await process.wait() == -signal.SIGKILL

    store = SQLiteStore(path)
    await store.open()
    stored = {delivery.envelope.key: delivery for delivery in await everything_pending(store)}
    assert len(acknowledged) >= 500
    assert set(acknowledged) <= set(stored)
    assert all(len(delivery.envelope.body["text"]) == 2000 for delivery in stored.values())
    assert await store.recover() == len(stored)
    await store.close()


FILL = """
import asyncio, resource, sys
from pathlib import Path
from gateway.errors import StoreFailed
from gateway.store import SQLiteStore
from tests.store.contract import envelope, pending_keys
async def main():
    store = SQLiteStore(Path(sys.argv[1]))
    await store.open()
    before = await store.put(envelope("before"))
    limit = 200_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    puts = [store.put(envelope(f"k{n}", text="x" * 100_000)) for n in range(20)]
    outcomes = await asyncio.gather(*puts, return_exceptions=True)
    refused = [o for o in outcomes if isinstance(o, StoreFailed)]
    assert refused and not [o for o in outcomes if isinstance(o, Exception) and o not in refused], outcomes
    for _ in range(100):
        try:
            await store.ping()
        except StoreFailed as error:
            break
    else:
        raise AssertionError("ping says that all is well")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.ping()
    again = await asyncio.gather(*(store.put(envelope(f"k{n}")) for n in range(20)))
    kept = [a.new for a in again] == [isinstance(o, Exception) for o in outcomes]
    assert kept, "what was refused is new, what was taken is known"
    keys = await pending_keys(store)
    assert sorted(keys) == sorted(["before"] + [f"k{n}" for n in range(20)])
    await store.close()
asyncio.run(main())
print("survived")
"""


async def test_a_full_disk_is_told_and_survived(path: Path) -> None:
    done = await asyncio.to_thread(run, FILL, path)
    assert done.stdout.endswith("survived\n"), done.stderr
    assert done.stdout.count("store.failing") == 1, "once, however many are refused"


async def test_an_operation_that_cannot_run_does_not_fail_its_neighbours(store: SQLiteStore) -> None:
    keys = ["no UTF-8: \ud83d" if n == 7 else f"k{n}" for n in range(20)]
    outcomes = await asyncio.gather(*(store.put(envelope(key)) for key in keys), return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, UnicodeEncodeError)] == [7]
    stored = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert all(one.new for one in stored)
    assert sorted(await pending_keys(store)) == sorted(f"k{n}" for n in range(20) if n != 7)
    seqs = [one.delivery.seq for one in stored]
    assert seqs == sorted(set(seqs))


async def test_a_poisoned_finish_takes_nothing_with_it(store: SQLiteStore) -> None:
    await asyncio.gather(*(store.put(envelope(f"k{n}")) for n in range(3)))
    lease = await lease_on(store)
    poison = session()._replace(id="\ud83d")
    outcomes = await asyncio.gather(
        store.finish(lease, "k0", Outcome(session=session("0"))),
        store.finish(lease, "k1", Outcome(session=poison)),
        store.finish(lease, "k2", Outcome(session=session("2"))),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), UnicodeEncodeError, type(None)]
    assert await pending_keys(store) == ["k1"]
    assert await store.exists(ref("0").key)
    assert await store.exists(ref("2").key)


async def test_what_waits_shares_a_commit(store: SQLiteStore) -> None:
    await store.ping()
    before = _log_frames(store.path)
    await asyncio.gather(*(store.put(envelope(f"k{n}")) for n in range(100)))
    together = _log_frames(store.path) - before
    await asyncio.sleep(0)
    for n in range(100):
        await store.put(envelope(f"alone {n}"))
    alone = _log_frames(store.path) - before - together
    assert together * 3 < alone


def _log_frames(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size // (4096 + 24)


# Opening what cannot be opened


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    line = await refusal(SQLiteStore(tmp_path / "file" / "gateway.db"))
    assert "make its folder writable, or let DATABASE_URL name another file" in line


async def test_an_unwritable_folder() -> None:
    with tempfile.TemporaryDirectory() as folder:  # not below tmp_path, which no other user may enter
        os.chmod(folder, 0o555)
        done = await asyncio.to_thread(run, OPEN, f"{folder}/gateway.db", "as nobody")
        assert done.stdout == (
            f"database {folder}/gateway.db: Permission denied: make its folder writable, "
            "or let DATABASE_URL name another file\n"
        ), done.stderr
        os.chmod(folder, 0o755)


async def test_a_folder_in_its_place(path: Path) -> None:
    path.mkdir(parents=True)
    assert "Is a directory" in await refusal(SQLiteStore(path))


async def test_a_file_that_is_no_database(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"these are the bytes of something else" * 100)
    assert "file is not a database" in await refusal(SQLiteStore(path))
    assert path.read_bytes().startswith(b"these are")


async def test_a_damaged_database(path: Path) -> None:
    store = SQLiteStore(path)
    await store.open()
    await store.close()
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)
    assert "malformed" in await refusal(SQLiteStore(path))


async def test_another_program_s_database(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()
    assert "another program" in await refusal(SQLiteStore(path))


async def test_a_newer_schema(store: SQLiteStore) -> None:
    await store.close()
    _execute(store.path, "UPDATE alembic_version SET version_num = '0099'")
    line = await refusal(SQLiteStore(store.path))
    assert f"schema version 99, this one knows {HEAD}" in line
    assert "upgrade the gateway" in line
    assert "newer gateway" in await refusal(SQLiteStore(store.path, owner=False))


async def test_looking_does_not_migrate(store: SQLiteStore) -> None:
    await store.close()
    _execute(store.path, "UPDATE alembic_version SET version_num = '0005'")
    assert "start the gateway once" in await refusal(SQLiteStore(store.path, owner=False))


async def test_a_refused_store_leaves_the_lock_free(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"nonsense" * 1000)
    await refusal(SQLiteStore(path))
    OwnerLock(path).release()


async def test_nobody_else_may_read_it(store: SQLiteStore) -> None:
    await store.put(envelope())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in store.path.parent.iterdir()}
    assert modes == dict.fromkeys(("gateway.db", "gateway.db-wal", "gateway.db-shm", "gateway.db.lock"), 0o600)


# Reads beside the writer


async def test_dead_letters_are_read_while_the_writer_is_held_up(store: SQLiteStore) -> None:
    await bury(store, "dead")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    put = asyncio.ensure_future(store.put(envelope("waits")))
    await asyncio.sleep(0)  # it has been asked for
    letters = await asyncio.wait_for(store.dead_letters(), 4)
    assert [letter.key for letter in letters] == ["dead"]
    assert not put.done()
    other.execute("ROLLBACK")
    other.close()
    assert (await put).new


def test_the_reader_cannot_write(path: Path) -> None:
    owned, reader = open_owned(path), open_reader(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.connection.execute("UPDATE owner SET epoch = 0")
    reader.close()
    owned.close()


async def test_a_reader_that_cannot_read_says_what_is_wrong(store: SQLiteStore) -> None:
    _execute(store.path, "DROP TABLE deliveries")
    with pytest.raises(StoreFailed, match="no such table"):
        await store.dead_letters()


# Sets: many rows in one statement


@pytest.mark.parametrize("count", [1, 3, 4, 7, 31, 32, 33, 70])
async def test_a_set_of_any_size(store: SQLiteStore, count: int) -> None:
    threads = [str(n) for n in range(count)]
    lease = await lease_on(store)
    await asyncio.gather(*(store.save(session(t)) for t in threads[::2]))
    stored = await asyncio.gather(*(store.put(envelope(t, thread=t), with_session=int(t) % 4 == 0) for t in threads))
    assert [one.session for one in stored] == [session(t) if int(t) % 4 == 0 else None for t in threads]
    assert all(one.new for one in stored)
    assert await pending_keys(store) == threads
    assert all(await asyncio.gather(*(store.start(lease, t) for t in threads)))
    await store.record(lease, [effect(t, n) for t in threads for n in range(2)])
    loaded = await asyncio.gather(*(store.load(ref(t).key) for t in threads))
    assert loaded == [session(t) if int(t) % 2 == 0 else None for t in threads]
    exist = await asyncio.gather(*(store.exists(ref(t).key) for t in threads))
    assert exist == [int(t) % 2 == 0 for t in threads]
    await asyncio.gather(*(store.finish(lease, t, Outcome(session=session(t, at=20.0))) for t in threads[1:]))
    assert await pending_keys(store) == threads[:1]
    assert len(await store.idle(before=LATER, limit=1000)) == count
    assert _execute(store.path, "SELECT delivery, ordinal FROM effects") == [("0", 0), ("0", 1)]
    again = await asyncio.gather(*(store.put(envelope(t, thread=t)) for t in threads))
    assert [one.delivery.seq for one in again] == [one.delivery.seq for one in stored]
    assert not any(one.new for one in again)


async def test_of_twins_in_a_set_the_later_one_wins(store: SQLiteStore) -> None:
    keys = [f"k{n}" for n in range(8)]
    await asyncio.gather(*(store.put(envelope(key)) for key in keys))
    lease = await lease_on(store)
    await asyncio.gather(*(store.record(lease, [effect("k0", n=n), effect("k0", n=-n)]) for n in range(8)))
    assert list(await store.effects(ref().key, "k0")) == [effect("k0", n=-7)]
    await asyncio.gather(*(store.put_token("s:1", {"n": n}) for n in range(8)))
    assert await store.get_token("s:1") == {"n": 7}
    await asyncio.gather(*(store.finish(lease, f"k{n}", Outcome(session=session(data={"n": n}))) for n in range(8)))
    loaded = await asyncio.gather(*(store.load(ref().key) for _ in range(8)))
    assert loaded == [session(data={"n": 7})] * 8
    stored = await asyncio.gather(*(store.put(envelope("new"), with_session=True) for _ in range(8)))
    assert [one.new for one in stored] == [True] + [False] * 7
    assert [one.session for one in stored] == loaded


async def test_a_poisoned_row_takes_no_set_with_it(store: SQLiteStore) -> None:
    lease = await lease_on(store)
    effects = [effect("no UTF-8: \ud83d" if n == 9 else "a", n) for n in range(20)]
    outcomes = await asyncio.gather(*(store.record(lease, [one]) for one in effects), return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if outcome is not None] == [9]
    assert [one.ordinal for one in await store.effects(ref().key, "a")] == [n for n in range(20) if n != 9]


# Pruning goes by order of arrival


async def test_pruning_gets_past_what_stays(store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "LOOK", 3)
    lease = await lease_on(store)
    for n in range(7):
        await store.put(envelope(f"waits {n}"))
    await store.put(envelope("done"))
    await store.finish(lease, "done")
    began = time.time()
    looks = [await prune(store, done_before=began + 60, rest_before=0) for _ in range(3)]
    assert looks == [0, 0, 1]
    await store.finish(lease, "waits 1")  # it is among the deliveries that were looked at before
    looks = [await prune(store, done_before=began + 60, rest_before=0) for _ in range(2)]
    assert looks == [1, 0]


async def test_pruning_looks_no_further_than_what_is_too_new(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "LOOK", 3)
    lease = await lease_on(store)
    began = time.time()
    await store.put(envelope("old", at=began - 100))
    for n in range(20):
        await store.put(envelope(f"k{n}", at=began))
        await store.finish(lease, f"k{n}")
    assert await prune(store, done_before=began - 50, rest_before=0) == 0
    _execute(store.path, "UPDATE deliveries SET state = 1, closed_at = ? WHERE key = 'old'", (began - 60,))
    assert await prune(store, done_before=began - 50, rest_before=0) == 1


# The cost of an event does not grow with what is stored


MODULES = (deliveries, journal, outcomes, ownership, payloads, sessions, upkeep)
STATEMENTS = {
    f"{module.__name__}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
}
SETS = {
    f"{module.__name__}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, ByKeys | ByRows)
}
STATEMENTS |= {f"{name} for {size}": text for name, each in SETS.items() for size, text in each.texts.items()}

SCANS = {
    # Over the open rows alone, once at start and once at the end.
    "gateway.store.core.kinds.deliveries.SUSPECTS": "SCAN deliveries USING INDEX deliveries_open",
    "gateway.store.core.kinds.deliveries.INTERRUPT": "SCAN deliveries USING INDEX deliveries_open",
    "gateway.store.core.kinds.deliveries.INTERRUPT_SEVERAL": "SCAN deliveries USING INDEX deliveries_open",
    "gateway.store.core.kinds.deliveries.EXONERATE": "SCAN deliveries USING INDEX deliveries_open",
    "gateway.store.core.kinds.deliveries.HAND_OVER": "SCAN deliveries USING INDEX deliveries_open",
    "gateway.store.core.kinds.deliveries.COUNT_OPEN": "SCAN deliveries USING INDEX deliveries_open",
    # Over the dead letters alone, as many as are asked for.
    "gateway.store.core.kinds.deliveries.DEAD_LETTERS": "SCAN deliveries USING INDEX deliveries_dead",
    # Over the oldest documents of a kind, as many as are asked for.
    "gateway.store.core.kinds.upkeep.PRUNE_DOCUMENTS": "SCAN oldest",
    # Over one row.
    "gateway.store.core.kinds.upkeep.CHECK": "SCAN owner",
    "gateway.store.core.kinds.upkeep.KEEP_LAST_SEQ": "SCAN owner",
    "gateway.store.core.ownership.READ_OWNER": "SCAN owner",
    "gateway.store.core.ownership.READ_EPOCH": "SCAN owner",
    "gateway.store.core.ownership.COUNT_OWNER": "SCAN owner",
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_statement_scans(store: SQLiteStore, name: str) -> None:
    statement = STATEMENTS[name]
    plan = _execute(store.path, f"EXPLAIN QUERY PLAN {statement}", (1,) * statement.count("?"))
    steps = [str(row[3]) for row in plan if not str(row[3]).endswith("CONSTANT ROWS")]
    assert [step for step in steps if step.startswith("SCAN")] == ([SCANS[name]] if name in SCANS else [])
    assert not [step for step in steps if "TEMP B-TREE" in step]


def test_the_plans_are_those_of_all_statements() -> None:
    assert len(STATEMENTS) > 65
    assert len(STATEMENTS) < PREPARED, "the connection keeps no more prepared"


async def test_open_rows_are_found_by_their_own_indexes(store: SQLiteStore) -> None:
    for name, index in (
        ("PENDING", "deliveries_open (seq>?)"),
        ("PENDING_IN", "deliveries_open_in (conversation=? AND seq>?)"),
    ):
        statement = getattr(deliveries, name)
        plan = _execute(store.path, f"EXPLAIN QUERY PLAN {statement}", (1,) * statement.count("?"))
        assert plan[0][3] == f"SEARCH deliveries USING INDEX {index}"


async def test_a_done_delivery_keeps_its_key_alone(store: SQLiteStore) -> None:
    await store.put(envelope(text="secret" * 1000))
    await store.record(await lease_on(store), [effect(envelope().key, text="secret")])
    await store.finish(await lease_on(store), envelope().key)
    await store.save(session(data={"text": "secret"}))
    await store.end(ref().key, at=1.0)
    done = _execute(store.path, "SELECT key, ref, body, error FROM deliveries")
    assert done == [(envelope().key, None, None, None)]
    assert _execute(store.path, "SELECT count(*) FROM effects") == [(0,)]
    assert _execute(store.path, "SELECT ref, opened_by, data FROM sessions") == [(None, None, None)]


# URLs


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:///.gateway/gateway.db", ".gateway/gateway.db"), ("sqlite:////var/lib/x.db", "/var/lib/x.db")],
)
def test_the_url_names_the_file(url: str, path: str) -> None:
    store = open_store(url)
    assert isinstance(store, SQLiteStore)
    assert store.path == Path(path)


@pytest.mark.parametrize(
    "url",
    ["mysql://me:secret@host/db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://x.db", "x.db", ""],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL") as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def _execute(path: Path, statement: str, arguments: tuple[Any, ...] = ()) -> list[Any]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return connection.execute(statement, arguments).fetchall()
    finally:
        connection.close()


async def test_the_end_of_a_turn_goes_with_what_somebody_waits_for(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.core.writer.PATIENCE", 60)
    await store.put(envelope("a"))
    ending = asyncio.create_task(store.finish(await lease_on(store), envelope("a").key))
    await asyncio.sleep(0)
    await asyncio.wait_for(store.put(envelope("b")), 10)
    assert ending.done()


async def test_the_end_of_a_turn_needs_nobody_else(store: SQLiteStore) -> None:
    await store.put(envelope("a"))
    await asyncio.wait_for(store.finish(await lease_on(store), envelope("a").key), 10)
