"""``gateway keys`` makes, lists and revokes API keys, beside a running gateway and alone."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.emulators.slack.emulator import SlackEmulator
from gateway.model import key_id
from tests.contract.actions import eventually
from tests.process.test_cli import BOT, fails, gateway
from tests.process.test_threads import data
from tests.support.process import BotProcess

__all__ = ["data"]

RESTART = "restart it"
SERVED = "Programs with an API key are served"


def create(folder: Path, *options: str) -> tuple[str, str]:
    """Make a key; the key and what was said beside it."""
    result = gateway("keys", "create", *options, cwd=folder)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip(), result.stderr


def listed(folder: Path) -> list[dict[str, object]]:
    result = gateway("keys", "list", "--json", cwd=folder)
    assert result.returncode == 0, result.stderr
    keys: list[dict[str, object]] = json.loads(result.stdout)
    return keys


def test_a_key_is_printed_once_and_stored_as_a_digest_only(tmp_path: Path) -> None:
    key, said = create(tmp_path, "--name", "reports", "--scope", "read", "--expires", "30")
    assert re.fullmatch(r"gw_[0-9a-f]{12}_[\w-]{43}", key)
    assert "read, valid until" in said
    assert RESTART not in said
    shown = gateway("keys", "list", cwd=tmp_path).stdout + gateway("keys", "list", "--json", cwd=tmp_path).stdout
    secret = key.split("_", 2)[2]
    assert secret not in shown + said
    assert not any(secret.encode() in path.read_bytes() for path in (tmp_path / ".gateway").iterdir())
    (entry,) = listed(tmp_path)
    assert (entry["id"], entry["name"], entry["scopes"]) == (key_id(key), "reports", ["read"])
    assert (entry["lastUsed"], entry["revoked"]) == (None, None)
    assert str(entry["expires"]) > str(entry["created"])


def test_keys_are_listed_in_the_order_they_were_made_with_their_state(data: Path) -> None:
    ids = [key_id(create(data, "--name", name, "--scope", scope)[0]) for name, scope in (("a", "admin"), ("b", "read"))]
    assert gateway("keys", "revoke", str(ids[0]), cwd=data).stdout == f"revoked {ids[0]}\n"
    first, second = gateway("keys", "list", cwd=data).stdout.splitlines()
    assert re.fullmatch(rf"{ids[0]}  revoked 20\d\d-.*  admin  .*  used never .*  a", first)
    assert re.fullmatch(rf"{ids[1]}  valid .*  read  .*  b", second)
    assert [entry["revoked"] is None for entry in listed(data)] == [False, True]


def test_without_a_scope_a_key_may_read_and_write(data: Path) -> None:
    assert "(write)" in create(data)[1]


def test_a_key_is_revoked_by_its_id_or_itself_and_once_only(data: Path) -> None:
    key, _ = create(data)
    result = gateway("keys", "revoke", key, cwd=data)
    assert (result.returncode, result.stdout) == (0, f"revoked {key_id(key)}\n")
    again = gateway("keys", "revoke", str(key_id(key)), cwd=data)
    assert (again.returncode, "was revoked already" in again.stdout) == (0, True)


def test_where_there_are_no_keys_it_says_so(tmp_path: Path) -> None:
    assert "gateway keys create" in gateway("keys", "list", cwd=tmp_path).stdout
    assert listed(tmp_path) == []
    assert not (tmp_path / ".gateway").exists()


@pytest.mark.parametrize("id", ["nobody", "gw_0123456789ab_short", "'; DROP TABLE documents; --"])
def test_an_unknown_key_is_named(data: Path, tmp_path_factory: pytest.TempPathFactory, id: str) -> None:
    for folder in (data, tmp_path_factory.mktemp("empty")):
        fails(gateway("keys", "revoke", id, cwd=folder), "there is no key", "gateway keys list")


def test_what_cannot_be_of_a_key_is_refused(data: Path) -> None:
    fails(gateway("keys", "create", "--name", "a\nb", cwd=data), "--name")
    fails(gateway("keys", "create", "--name", "n" * 101, cwd=data), "--name")
    for wrong in (
        ("--scope", "all"),
        ("--expires", "0"),
        ("--expires", "-1"),
        ("--expires", "nan"),
        ("--expires", "1e9"),
    ):
        assert gateway("keys", "create", *wrong, cwd=data).returncode == 2
    assert listed(data) == []


def test_a_database_of_a_newer_gateway_is_refused(data: Path) -> None:
    with closing(sqlite3.connect(data / ".gateway" / "gateway.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    for command in ("create", "list"):
        fails(gateway("keys", command, cwd=data), "newer")


async def test_beside_a_gateway_that_had_no_key_it_says_that_a_restart_is_needed(
    tmp_path: Path, slack: SlackEmulator
) -> None:
    async with BotProcess(tmp_path, BOT, slack.environment()) as bot:
        assert RESTART in create(tmp_path)[1]
        assert RESTART in create(tmp_path)[1]
        assert not any(SERVED in line for line in bot.log)
        await bot.restart()
        await eventually(lambda: any(SERVED in line for line in bot.log))
        key, said = create(tmp_path)
        assert RESTART not in said
        assert gateway("keys", "revoke", key, cwd=tmp_path).returncode == 0
        assert len(listed(tmp_path)) == 3
