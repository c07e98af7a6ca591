"""A test's bot has nothing of the developer's machine and nothing of an earlier test."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from gateway.testing import User, bot

SOURCE = """
import os

import gateway as cl
from greetings import greet


@cl.on_message
async def main(message: cl.Message):
    await cl.Message(greet(os.environ.get("WORD", "?"), os.environ.get("SLACK_BOT_TOKEN"))).send()
"""
HELPER = """
import gateway as cl

greeted = []


@cl.on_chat_start
async def start():
    await cl.Message("Welcome").send()


def greet(*words):
    greeted.append(words)
    return f"{words} {len(greeted)}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "isolated_bot.py").write_text(SOURCE)
    (tmp_path / "greetings.py").write_text(HELPER)
    return tmp_path


async def test_credentials_and_settings_of_the_machine_are_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-the-developer")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-of-the-developer")
    monkeypatch.setenv("GATEWAY_TURN_TIMEOUT", "no number")
    monkeypatch.setenv("DATABASE_URL", "postgresql://production/bots")
    (folder / ".env").write_text("GATEWAY_HISTORY=nonsense\n")
    (folder / "gateway.toml").write_text("gateway_log = 'nonsense'\n")
    async with bot("isolated_bot.py", env={"WORD": "hello"}) as user:
        await user.says("hi")
        await user.sees("('hello', None) 1")
    assert os.environ["SLACK_BOT_TOKEN"] == "xoxb-of-the-developer"
    assert os.environ["DATABASE_URL"] == "postgresql://production/bots"
    assert "WORD" not in os.environ and "GATEWAY_DATA_DIR" not in os.environ
    assert not (folder / ".gateway").exists()


@pytest.mark.gateway(platforms=["slack"])
async def test_a_restart_reads_none_of_them_either(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TURN_TIMEOUT", "no number")
    await user.restarts()
    await user.says("hi")
    await user.sees("Heard 1: hi")


async def test_the_bot_and_what_stands_beside_it_are_imported_anew(folder: Path) -> None:
    path = list(sys.path)
    for _ in range(2):
        async with bot(folder / "isolated_bot.py") as user:
            await user.says("hi")
            await user.sees("Welcome")  # by a handler in the other file
            await user.sees("('?', None) 1")
            await user.restarts()
            await user.says("hi")
            await user.sees("('?', None) 1")
    assert not {"isolated_bot", "greetings"} & set(sys.modules)
    assert sys.path == path


async def test_two_bots_run_side_by_side_on_two_platforms() -> None:
    source = Path(__file__).parent / "bot.py"
    async with bot(source, platform="teams") as one, bot(source, platform="discord") as other:
        await asyncio.gather(one.says("one"), other.says("other"))
        await one.sees("Heard 1: one")
        await other.sees("Heard 1: other")
        await one.sees_nothing()
        await other.sees_nothing()
