"""A backup of a bot that runs, restored elsewhere: the bot goes on where it was."""

import asyncio
import os
from pathlib import Path

from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from tests.support import forks
from tests.support.process import BotProcess

COUNTS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        cl.user_session["count"] = cl.user_session.get("count", 0) + 1
        await cl.Message(f"message {cl.user_session['count']}").send()
"""


async def gateway(*arguments: str, folder: Path) -> str:
    """What a command prints, run in the folder of a bot."""
    done = await asyncio.to_thread(forks.run, *arguments, folder=folder, environment=os.environ)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    return printed


async def test_a_bot_goes_on_from_the_backup_that_was_made_while_it_ran(slack: SlackEmulator, tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    async with BotProcess(here, COUNTS, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway one")
        await said(slack, "general", "message 1", thread=root)
        await slack.post("general", "@gateway two", thread_ts=root)
        await said(slack, "general", "message 2", thread=root)
        assert "wrote" in await gateway("backup", str(tmp_path / "backup.tar"), folder=here)
        await slack.post("general", "@gateway three", thread_ts=root)
        await said(slack, "general", "message 3", thread=root)
        assert await bot.terminate() == 0
    assert "restored" in await gateway("restore", str(tmp_path / "backup.tar"), folder=elsewhere)
    async with BotProcess(elsewhere, COUNTS.replace("message {", "again {"), slack.environment()) as bot:
        slack.deliver_to(bot.url)
        await slack.post("general", "@gateway four", thread_ts=root)
        await said(slack, "general", "again 3", thread=root)
