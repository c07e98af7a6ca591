"""The bot that calls the tools of the shop, with the server beside it as a program."""

import os
import sys
from pathlib import Path

import pytest

from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.loading import load_bot
from tests.support.bot import running_bot


async def test_it_lists_the_tools_and_calls_them(
    slack: SlackEmulator, examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    bot = load_bot(examples / "mcp_tools.py")
    async with running_bot(slack, bot, tmp_path, mcp_executables="python"):
        await slack.post(slack.dm.id, "hello")
        await said(slack, slack.dm.id, "reserve item=… count=…", timeout=20)
        await slack.post(slack.dm.id, "stock item=tea")
        await said(slack, slack.dm.id, "12 of tea")
        await slack.post(slack.dm.id, "reserve item=tea count=2")
        await said(slack, slack.dm.id, "2 of tea put aside, 10 left")
        await slack.post(slack.dm.id, "stock item=milk")
        await said(slack, slack.dm.id, "there is no milk in this shop")
