"""The first test that `gateway init` writes runs as it is, and the plugin does what its marks and options say."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNTED = """
import pytest


@pytest.mark.asyncio
@pytest.mark.gateway(bot="bots/loud.py", platforms=["discord", "teams"], env={"MARK": "!"})
async def test_loud(user, gateway_platform):
    assert user.platform == gateway_platform
    await user.says("hello")
    await user.sees("HELLO!")


def test_nothing_of_the_gateway_is_imported():
    pass
"""
LOUD = """
import os

import gateway as cl


@cl.on_message
async def main(message: cl.Message):
    await cl.Message(message.content.upper() + os.environ["MARK"]).send()
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder as a developer does who installed the gateway; its own configuration is not read."""
    plugin = () if installed() else ("-p", "pytest_gateway")
    command = [sys.executable, "-m", "pytest", "-v", "--rootdir", str(folder), "-p", "no:cacheprovider", *plugin]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    return subprocess.run([*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def installed() -> bool:
    from importlib.metadata import entry_points

    return any(entry.name == "pytest_gateway" for entry in entry_points(group="pytest11"))


def test_the_first_test_runs_on_all_platforms(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway.cli", "init"]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    written = (tmp_path / "test_bot.py").read_text()
    assert len([line for line in written.splitlines() if line.strip()]) <= 10
    result = run(tmp_path)
    assert "3 passed" in result.stdout, result.stdout + result.stderr
    for platform in ("slack", "discord", "teams"):
        assert f"test_it_answers[{platform}] PASSED" in result.stdout


def test_marks_and_options_choose_the_bot_and_the_platforms(tmp_path: Path) -> None:
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "loud.py").write_text(LOUD)
    (tmp_path / "test_loud.py").write_text(COUNTED)
    result = run(tmp_path, "--strict-markers", "--gateway-platform", "discord", "--gateway-platform", "slack")
    assert "2 passed" in result.stdout, result.stdout + result.stderr
    assert "test_loud[discord] PASSED" in result.stdout


def test_a_run_without_bots_imports_nothing_of_the_gateway() -> None:
    source = "import sys, pytest_gateway; print([name for name in sys.modules if name.partition('.')[0] == 'gateway'])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", source], env=environment, capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_a_platform_that_there_is_not_is_named(tmp_path: Path) -> None:
    (tmp_path / "test_irc.py").write_text(COUNTED.replace('["discord", "teams"]', '["irc"]'))
    result = run(tmp_path)
    assert result.returncode != 0
    assert "there is no platform 'irc'; there are: slack, discord, teams" in result.stdout + result.stderr
