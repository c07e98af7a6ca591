"""``gateway.toml``: what its tables say, and what a mistake in it is told."""

from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.settings import GatewaySettings, toml_settings
from gateway.tables import Rates, Rule, read_document, read_tables

EXAMPLE = """
port = 9000

[access]
allow = ["slack:T0123", "discord:role:789", "slack:T0123:user:U1"]
deny = ["teams:channel:19:abc@thread.tacv2"]
guests = "deny"
message = "Ask it@corp.example."

[limits]
person.messages_per_minute = 20

[limits.workspace]
messages_per_hour = 600
"""


def read(folder: Path, text: str) -> object:
    (folder / "gateway.toml").write_text(text, encoding="utf-8")
    return read_tables(read_document(folder / "gateway.toml"))


def fault(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(folder, text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_tables_are_read_beside_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gateway.toml").write_text(EXAMPLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    tables = read_tables()
    assert tables.access.allow is not None
    assert [rule[:4] for rule in tables.access.allow] == [
        ("slack", "workspace", "T0123", ""),
        ("discord", "group", "", "789"),
        ("slack", "user", "T0123", "U1"),
    ]
    assert tables.access.deny[0][:4] == ("teams", "channel", "", "19:abc@thread.tacv2")
    assert (tables.access.guests, tables.access.external) == ("deny", "allow")
    assert tables.limits.person.messages_per_minute == 20
    assert tables.limits.workspace == Rates(messages_per_hour=600)
    assert toml_settings() == {"PORT": "9000"}
    assert GatewaySettings(_env_file=None).port == 8000  # in the file it is GATEWAY_PORT, as in the environment


def test_without_the_file_everybody_may_do_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tables = read_tables()
    assert tables.access.is_open and tables.limits.is_open


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("[access\n", 1, "not TOML"),
        ("[acces]\nallow = []\n", 1, "did you mean [access]?"),
        ("[quotas]\n", 1, "there are [access] and [limits]"),
        ('[access]\nallow = ["slack"]\nalow = ["slack"]\n', 3, "did you mean allow?"),
        ('[access]\n\nguests = "no"\n', 3, "'allow' or 'deny'"),
        ("[access]\nguests = true\n", 2, "'allow' or 'deny'"),
        ('[access]\nallow = "slack"\n', 2, "access.allow"),
        ('[access]\nallow = [\n  "slack:T1",\n  "slack:T1:C1",  # a channel\n]\n', 4, "slack:T1:channel:C1"),
        ('[access]\nallow = [\n  "slack:T1",\n  "slack:user:",\n]\n', 4, "the id behind 'user' is missing"),
        ("[access]\nallow = [\n  'Slack',\n]\n", 3, "is no rule"),
        ("[access]\nallow = [7]\n", 2, "a rule is a text"),
        ("[access]\nGATEWAY_PORT = 1\n", 2, "belongs above the first table"),
        ("access = 1\n", 1, "write [access]"),
        ("[limits.person]\nmessages_a_minute = 1\n", 2, "did you mean messages_per_minute?"),
        ('[limits]\nperson.messages_per_minute = "20"\n', 2, "valid integer"),
        ("[limits.person]\n# a comment\nmessages_per_minute = -1\n", 3, "greater than or equal to 0"),
    ],
)
def test_a_mistake_names_the_line_and_what_was_meant(tmp_path: Path, text: str, line: int, hint: str) -> None:
    told = fault(tmp_path, text)
    assert "gateway.toml" in told and f"line {line}" in told and hint in told


def test_an_endless_or_unreadable_file_is_refused(tmp_path: Path) -> None:
    assert "larger than" in fault(tmp_path, "#" * 1_000_001)
    (tmp_path / "gateway.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is not TOML"):
        read_document(tmp_path / "gateway.toml")


@pytest.mark.parametrize(
    "text", ["", " slack", "slack ", "slack:", ":T1", "slack:T1:", "Slack:T1", "slack:T\n1", "sl ack"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rule"):
        Rule.parse(text)
