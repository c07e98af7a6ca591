"""A handler that blocks the event loop is told to the operator: where, once, and for how long."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from tests.support.process import BotProcess

BOT = """
    import time
    import gateway as cl

    def compute(seconds):
        time.sleep(seconds)

    @cl.on_message
    async def main(message: cl.Message):
        if message.content == "block":
            compute(2)
        if message.content == "thread":
            await cl.make_async(compute)(1.5)
        await cl.Message(f"re {message.content}").send()
"""


def events(bot: BotProcess, name: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in bot.log if line.startswith("{")]
    return [line for line in lines if line["event"] == name]


def blamed(bot: BotProcess) -> list[dict[str, Any]]:
    """Return the reports that name the bot's own code: an import may take a second on a machine that is busy."""
    return [each for each in events(bot, "event_loop.blocked") if each["by"].startswith("bot.py")]


async def test_a_blocked_loop_is_logged_once_with_the_line_and_its_end(slack: SlackEmulator, tmp_path: Path) -> None:
    async with BotProcess(tmp_path, BOT, {**slack.environment(), "GATEWAY_BLOCKED_AFTER": "1"}) as bot:
        slack.deliver_to(bot.url)
        aside = await slack.post("general", "@gateway thread")
        await said(slack, "general", "re thread", thread=aside)
        assert blamed(bot) == []
        root = await slack.post("general", "@gateway block")
        await said(slack, "general", "re block", thread=root)
        assert await bot.terminate() == 0
    [blocked], [*_, free] = blamed(bot), events(bot, "event_loop.free")
    assert blocked["by"] == "bot.py:6 in compute"
    assert "cl.make_async" in blocked["fix"]
    first, *_ = blocked["stack"].strip().splitlines()
    assert first.endswith('bot.py", line 11, in main')
    assert "time.sleep(seconds)" in blocked["stack"]
    assert 1 <= blocked["seconds"] < free["blocked_seconds"] <= 2.5


async def test_a_process_that_was_stopped_blames_no_code(slack: SlackEmulator, tmp_path: Path) -> None:
    async with BotProcess(tmp_path, BOT, {**slack.environment(), "GATEWAY_BLOCKED_AFTER": "1"}) as bot:
        slack.deliver_to(bot.url)
        before = await slack.post("general", "@gateway first")
        await said(slack, "general", "re first", thread=before)  # it is up, and what it does is watched
        bot.send_signal(signal.SIGSTOP)
        await asyncio.sleep(3)  # what is tested is time that passes
        bot.send_signal(signal.SIGCONT)
        root = await slack.post("general", "@gateway hi")
        await said(slack, "general", "re hi", thread=root)
        assert await bot.terminate() == 0
    assert blamed(bot) == []
    assert events(bot, "event_loop.stood_still")
