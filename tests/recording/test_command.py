"""``gateway replay`` and ``gateway run --record``, as people give them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app

RECORDINGS = Path(__file__).parents[1] / "recordings"
HELPER = RECORDINGS / "helper.py"


def replay(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the developer's credentials and settings, which a replay must not use."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-real")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-real")
    monkeypatch.setenv("DATABASE_URL", "postgresql://real.example/real")
    (tmp_path / "gateway.toml").write_text(
        'GATEWAY_FEEDBACK = "off"\n\n[access]\ndeny = ["slack", "discord", "teams"]\n'
    )


@pytest.mark.parametrize("platform", ["slack", "discord", "teams"])
def test_recordings_of_earlier_versions_are_played(platform: str, tmp_path: Path) -> None:
    done = replay(RECORDINGS / platform, HELPER, "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["same"]) == (0, True), told
    assert len(told["compared"]) > 6
    assert {each.name for each in tmp_path.iterdir()} == {"gateway.toml"}  # nothing is written where it runs


def test_what_differs_is_shown_then_and_now(tmp_path: Path) -> None:
    bot = tmp_path / "bot.py"
    bot.write_text(HELPER.read_text().replace("**Heard:**", "Noted:"))
    done = replay(RECORDINGS / "teams", bot)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    then = next(at for at, line in enumerate(lines) if line.strip().startswith("-**Xxxxx:** "))
    assert lines[then - 1].strip() == "differs message"
    assert lines[then + 1].strip().startswith("+Xxxxx: ")
    assert "differs" in lines[-1]


def test_without_a_bot_an_echo_answers() -> None:
    done = replay(RECORDINGS / "teams")
    assert done.exit_code == 1
    assert "missing message" in done.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["nowhere"], "there is no recording at nowhere"),
        ([RECORDINGS], "has no recording-"),
        ([HELPER], "is no recording"),
        ([RECORDINGS / "slack", "nobody.py"], "there is no bot file at nobody.py"),
        ([RECORDINGS / "slack", HELPER, "--platform", "irc"], "there is no platform 'irc'"),
        ([RECORDINGS / "slack", HELPER, "--platform", "teams"], "there is no emulator"),
        ([RECORDINGS / "slack", HELPER, "--speed", "-1"], "--speed"),
    ],
)
def test_what_cannot_be_played_is_said_in_one_line(given: list[object], said: str) -> None:
    done = replay(*given)
    assert done.exit_code == 2
    assert said in done.output.replace("\n", " ")
    assert "Traceback" not in done.output


def test_a_recording_of_a_platform_that_is_not_here_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recording-0001.jsonl"
    arrived = {"kind": "arrived", "n": 1, "t": 0, "to": {"platform": "irc"}, "body": {}}
    path.write_text('{"recording": 1, "words": "mask"}\n' + json.dumps(arrived) + "\n")
    done = replay(path)
    assert done.exit_code == 2
    assert "the recording is of irc, which this gateway does not have" in done.output


def test_payloads_that_somebody_changed_do_no_harm(tmp_path: Path) -> None:
    """What is no payload of the platform is not taken, and everything else goes on."""
    lines = (RECORDINGS / "slack" / "recording-0001.jsonl").read_text().splitlines()
    odd = [
        {"kind": "arrived", "n": 900 + at, "t": 0.001 * at, "to": {"platform": "slack"}, "body": body}
        for at, body in enumerate(
            (
                {},
                {"type": []},
                {"type": "event_callback", "event": {"files": [{"id": 3}], "channel": {"id": {}}}},
                {"user": 5},
            )
        )
    ]
    path = tmp_path / "recording-0001.jsonl"
    path.write_text("\n".join([lines[0], *map(json.dumps, odd), *lines[1:]]) + "\n")
    done = replay(path, HELPER, "--json")
    told = json.loads(done.stdout)
    assert {each["result"] for each in told["compared"]} == {"same"}, told


def test_words_are_kept_or_masked_and_nothing_else() -> None:
    done = CliRunner().invoke(app, ["run", str(HELPER), "--record", "x", "--record-words", "all"])
    assert done.exit_code == 2
    assert "`keep` or `mask`, not 'all'" in done.output
