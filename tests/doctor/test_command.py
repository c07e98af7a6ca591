"""``gateway doctor`` as a command: its exit codes, its JSON, its pages, and that it leaves nothing behind."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from gateway.commands.doctor import _docs
from gateway.doctor.plan import checks
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.platforms import registry
from gateway.settings import GatewaySettings
from tests.support.emulators import started

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")


async def command(folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run the command, and return its exit code, its output and its errors."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.cli", "doctor", *arguments),
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_failure_is_told_with_the_fix_the_page_and_the_exit_code(tmp_path: Path) -> None:
    async with started(SlackEmulator(limits="off")) as slack:
        slack.team.scopes.discard("chat:write")
        code, out, err = await command(tmp_path, "--platform", "slack", **slack.environment())
    assert (code, err) == (1, "")
    (line,) = (line for line in out.splitlines() if "slack.scopes" in line)
    assert line.startswith("FAIL slack.scopes")
    after = out[out.index(line) :].splitlines()
    assert "reinstall" in after[1]
    assert after[2].strip() == f"https://api.slack.com/apps/{slack.world.app_id}/oauth"
    assert after[3].strip() == "docs/doctor.md#slack"
    assert "\x1b" not in out  # colours are for terminals
    assert not any(value in out for name, value in slack.environment().items() if name != "SLACK_API_URL")
    assert list(tmp_path.iterdir()) == []


async def test_without_failures_the_json_says_so(tmp_path: Path) -> None:
    async with started(SlackEmulator(limits="off")) as slack:
        code, out, err = await command(tmp_path, "--json", **slack.environment())
    found = json.loads(out)
    assert (code, err, found["ok"]) == (0, "", True)
    (scopes,) = (each for each in found["checks"] if each["check"] == "slack.scopes")
    assert scopes.keys() == set(re.findall(r'"(\w+)"', PAGE.partition("`{")[2].partition("}`")[0])) - {
        "version", "ok", "checks",
    }  # fmt: skip
    assert (scopes["platform"], scopes["status"]) == ("slack", "ok")


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["--platform", "irc"], {}, 2, "slack, discord, teams"),
        (["--platform", "chatkit"], {}, 2, "nothing to look at"),
        (["--no-such-option"], {}, 2, "No such option"),
        ([], {"GATEWAY_PORT": "many"}, 1, "setting GATEWAY_PORT"),
    ],
)
async def test_what_cannot_be_looked_at(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], code: int, said: str
) -> None:
    ended, out, err = await command(tmp_path, *arguments, **environment)
    assert (ended, said in out + err) == (code, True), out + err
    assert "Traceback" not in out + err


async def test_the_page_names_each_check_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = {
        "slack": {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "1"},
        "discord": {"DISCORD_BOT_TOKEN": "t"},
        "teams": {"TEAMS_APP_ID": "a", "TEAMS_APP_PASSWORD": "p"},
    }
    platforms = registry()
    blocks = {name: platforms[name].settings(given) for name, given in values.items()}
    async with checks(GatewaySettings.read(), platforms, blocks, bot=Path("bot.py")) as planned:
        names = [check.name for check in planned]
    assert re.findall(r"^\| `([\w.]+)` \|", PAGE, re.M) == [*names[:9], "bot", *names[9:-1]]
    anchors = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.*)$", PAGE, re.M)}
    assert {_docs(name).partition("#")[2] for name in names} <= anchors
