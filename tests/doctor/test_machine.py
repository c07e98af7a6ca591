"""What the doctor finds of the machine: settings, database, disk, blobs, the bot's file."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from gateway.adapter import Check, Finding
from gateway.doctor.examination import run_checks
from gateway.errors import SettingsError
from gateway.platforms import registry
from gateway.runtime.seals import KEY, Seals
from gateway.store import tables
from gateway.store.migrations import HEAD
from tests.doctor.conftest import Examine
from tests.doctor.tunnel import silent
from tests.support import postgres

TOKEN = {
    "DISCORD_BOT_TOKEN": "t",
    "DISCORD_API_URL": "http://127.0.0.1:9",
    "DISCORD_GATEWAY_URL": "ws://127.0.0.1:9/",
}
"""A platform that is on, and does not answer."""


async def test_versions_are_listed(examine: Examine) -> None:
    found = (await examine())["versions"]
    assert found.status == "ok"
    assert all(f"{name} " in found.found for name in ("bot-gateway", "Python", "OpenSSL", "slack-sdk", "discord.py"))


async def test_without_any_platform_there_is_only_the_playground(examine: Examine) -> None:
    found = await examine()
    assert (found["settings"].status, found["settings"].found) == ("warn", "no platform is on")
    assert not any("." in name for name in found)


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        (TOKEN, "ok", "discord with all"),
        ({**TOKEN, "SLACK_BOT_TOKEN": "xoxb-1"}, "fail", "SLACK_SIGNING_SECRET"),
        ({"SLACK_SIGNING_SECRET": "1"}, "fail", "SLACK_BOT_TOKEN is not set"),
        ({**TOKEN, "GATEWAY_PORTT": "1"}, "warn", "did you mean GATEWAY_PORT?"),
        ({**TOKEN, "GATEWAY_API_KEYS": "short"}, "warn", "gateway keys create"),
        ({**TOKEN, "GATEWAY_PUBLIC_URL": "http://bot.example"}, "fail", "plain http"),
        ({**TOKEN, "GATEWAY_PUBLIC_URL": "http://localhost:9"}, "warn", "this machine alone"),
        ({**TOKEN, "GATEWAY_PUBLIC_URL": "bot.example"}, "fail", "no address like"),
        ({**TOKEN, "GATEWAY_PUBLIC_URL": "https://[bot"}, "fail", "no address like"),
        ({**TOKEN, "GATEWAY_PUBLIC_URL": "https://a:b@bot.example"}, "fail", "has a password"),
    ],
)
async def test_settings_that_are_odd(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], status: str, said: str
) -> None:
    _no_lookups(monkeypatch)
    found = (await examine(given))["settings"]
    assert (found.status, said in found.found) == (status, True), found


async def test_a_mistake_in_a_table_is_told_with_its_line(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text("[limits]\nno_such_limit = 1\n")
    found = (await examine(TOKEN))["settings"]
    assert (found.status, "gateway.toml" in found.found, "2" in found.found) == ("fail", True, True), found


async def test_a_platform_that_is_asked_for_and_off(examine: Examine) -> None:
    found = await examine(TOKEN, only="slack")
    assert found["settings"].status == "fail"
    assert "slack is off" in found["settings"].found
    assert "discord.bot_token" not in found


async def test_a_database_before_the_first_start(examine: Examine, tmp_path: Path) -> None:
    found = await examine()
    assert (found["database"].status, "first start" in found["database"].found) == ("ok", True)
    assert list(tmp_path.iterdir()) == []


async def test_a_database_with_tables_is_only_read(examine: Examine, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/gateway.db"
    await tables.upgrade(url)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found = (await examine(DATABASE_URL=url))["database"]
    assert (found.status, f"version {HEAD}" in found.found) == ("ok", True)
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name: after[name] for name in before} == before
    assert all(after[name] == b"" for name in after.keys() - before.keys() if not name.endswith("-shm"))


@pytest.mark.parametrize(
    ("version", "status", "said"),
    [(HEAD - 1, "warn", "migrates them"), (HEAD + 1, "fail", "newer gateway")],
)
async def test_a_database_of_another_version(
    examine: Examine, tmp_path: Path, version: int, status: str, said: str
) -> None:
    url = f"sqlite:///{tmp_path}/gateway.db"
    await tables.upgrade(url)
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (f"{version:04d}",))
    found = (await examine(DATABASE_URL=url))["database"]
    assert (found.status, said in found.found + found.fix) == (status, True), found


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be looked at" * 20])
async def test_a_file_that_is_no_database(examine: Examine, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "gateway.db").write_bytes(content)
    found = (await examine(DATABASE_URL=f"sqlite:///{tmp_path}/gateway.db"))["database"]
    assert found.status == ("fail" if content else "ok")


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "postgresql://127.0.0.1:9/none"])
async def test_an_address_of_a_database_that_cannot_be_used(examine: Examine, url: str) -> None:
    found = await examine(DATABASE_URL=url)
    assert (found["database"].status, "DATABASE_URL" in found["database"].found) == ("fail", True)
    assert found["clock"].status == "skipped"


async def test_a_postgresql_is_looked_at_with_its_clock(examine: Examine) -> None:
    async with postgres.tables() as url:
        found = await examine(DATABASE_URL=_plain(url))
    assert (found["database"].status, "PostgreSQL" in found["database"].found) == ("ok", True), found["database"]
    assert "0 running on it" in found["database"].found
    assert found["clock"].status == "ok"


async def test_a_postgresql_that_only_reads_and_one_that_may_lose_commits(examine: Examine) -> None:
    async with postgres.tables() as url:
        only = f"{_plain(url)}?options=-c%20default_transaction_read_only%3Don"
        unsafe = f"{_plain(url)}?options=-c%20synchronous_commit%3Doff"
        assert (await examine(DATABASE_URL=only))["database"].status == "fail"
        found = (await examine(DATABASE_URL=unsafe))["database"]
    assert (found.status, "synchronous_commit is off" in found.found) == ("warn", True), found


async def test_a_postgresql_without_tables(examine: Examine) -> None:
    async with postgres.database() as url:
        found = (await examine(DATABASE_URL=_plain(url)))["database"]
    assert (found.status, "no tables yet" in found.found) == ("ok", True), found


async def test_a_database_that_says_nothing_holds_nothing_else_up(examine: Examine) -> None:
    async with silent() as server:
        found = await examine(DATABASE_URL=f"postgresql://{server.removeprefix('http://')}/x", limit=1.0)
    assert "no answer within 1 s" in found["database"].found
    assert found["disk"].status == "ok"


async def test_a_data_folder_that_is_none(examine: Examine, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    found = (await examine(GATEWAY_DATA_DIR=f"{tmp_path}/taken"))["disk"]
    assert (found.status, "GATEWAY_DATA_DIR" in found.fix) == ("fail", True)


async def test_blobs_in_a_folder_and_in_a_bucket_that_does_not_answer(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await examine())["blobs"].status == "skipped"
    assert (await examine(BLOB_URL=f"file://{tmp_path}/blobs"))["blobs"].status == "ok"
    assert not (tmp_path / "blobs").exists()
    assert (await examine(BLOB_URL="ftp://x"))["blobs"].status == "fail"


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        ("import gateway as cl\n\n@cl.on_message\nasync def main(message): ...\n", "ok", "can be imported"),
        ("import gateway as cl\n\n@cl.on_chat_start\nasync def start(): ...\n", "warn", "no handler for messages"),
        ("print('a line')\nimport nothing_of_this_name\n", "fail", "nothing_of_this_name"),
        ("raise SystemExit(3)\n", "fail", "bot.py"),
        ("import os\nos._exit(3)\n", "fail", "ends the process"),
        ("", "fail", "bot.py"),
    ],
)
async def test_the_bots_file_is_imported(examine: Examine, tmp_path: Path, source: str, status: str, said: str) -> None:
    (tmp_path / "bot.py").write_text(source)
    found = (await examine(bot=tmp_path / "bot.py"))["bot"]
    assert (found.status, said in found.found) == (status, True), found


async def test_a_bot_that_never_ends_its_import_is_given_up(tmp_path: Path, examine: Examine) -> None:
    (tmp_path / "bot.py").write_text("import time\ntime.sleep(1000)\n")
    found = (await examine(bot=tmp_path / "bot.py", limit=1.0))["bot"]
    assert (found.status, "no answer within" in found.found) == ("fail", True)
    assert (await examine(bot=tmp_path / "none.py"))["bot"].status == "fail"


async def test_checks_run_together_and_are_told_in_their_order() -> None:
    second = asyncio.Event()

    async def wait() -> Finding:
        await second.wait()
        return Finding("ok", "first")

    async def go_on() -> Finding:
        second.set()
        raise SettingsError("xoxb-123456789012-secret is wrong")

    async def hang() -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    async def breaks() -> Finding:
        raise KeyError("x")

    planned = [Check("first", wait), Check("second", go_on), Check("third", hang), Check("fourth", breaks)]
    results = [result async for result in run_checks(planned, limit=0.2)]
    assert [result.name for result in results] == ["first", "second", "third", "fourth"]
    assert [result.finding.status for result in results] == ["ok", "fail", "fail", "fail"]
    assert "xoxb-1" not in results[1].finding.found
    assert "no answer" in results[2].finding.found
    assert "report this" in results[3].finding.fix


def test_a_proof_needs_the_key_and_a_nonce() -> None:
    body = {"key": "00" * 32}
    nonce = "ab" * 16
    proof = Seals.with_key(body).proof(nonce)
    assert proof == Seals.with_key(body).proof(nonce)
    assert proof not in (None, Seals.with_key(None).proof(nonce), Seals.with_key(body).proof("cd" * 16))
    assert [Seals.with_key(body).proof(each) for each in ("", "short", "AB" * 16, "ab" * 33, nonce + "\n")] == [
        None
    ] * 5
    assert Seals().proof(nonce) is None
    assert KEY


def test_each_platform_with_credentials_has_a_doctor() -> None:
    assert {name for name, each in registry().items() if each.doctor_function is None} == {"chatkit"}


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _no_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every name be unknown: nothing leaves the machine, and no attempt is made to."""
    import socket

    real = socket.getaddrinfo

    def lookup(host: object, *args: object, **more: object) -> object:
        if host == "bot.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
