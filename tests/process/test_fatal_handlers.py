"""Handlers that end more than their turn: the process, the event loop, the task they run in. The bot lives on, the
person is told, and nobody else notices."""

import asyncio
import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from gateway.drivers.slack.reading import said, texts
from gateway.emulators.slack.emulator import SlackEmulator
from tests.support.process import BotProcess

KILLER = """
    import os, signal
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        with open("runs", "a") as runs:
            runs.write(message.content + "\\n")
        if message.content == "kill":
            await cl.Message("dying").send()
            os.kill(os.getpid(), signal.SIGKILL)
        if message.content.startswith("slow"):
            await cl.sleep(1)
        await cl.Message(f"re {message.content}").send()
"""


def runs(folder: Path, of: str) -> int:
    file = folder / "runs"
    return file.read_text().split("\n").count(of) if file.exists() else 0


def begun(folder: Path, times: int) -> bool:
    """Return whether the slow turn was begun this often."""
    return runs(folder, "slow") >= times


async def live(bot: BotProcess, slack: SlackEmulator) -> None:
    """Start it, also when it dies at once."""
    with suppress(AssertionError):
        await bot.start()
    slack.deliver_to(bot.url)


def dead_letters(folder: Path) -> list[str]:
    with sqlite3.connect(folder / ".gateway" / "gateway.db") as database:
        return [error for (error,) in database.execute("SELECT error FROM deliveries WHERE state = 2")]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("retries", ["2", "0"])
async def test_a_message_that_kills_the_process_three_times_is_told_and_kept(
    slack: SlackEmulator, tmp_path: Path, retries: str
) -> None:
    environment = {**slack.environment(), "GATEWAY_TURN_RETRIES": retries}
    async with BotProcess(tmp_path, KILLER, environment) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway kill")
        for _ in range(2):
            await bot.ended()
            await live(bot, slack)
        await bot.ended()
        assert runs(tmp_path, "kill") == 3
        await bot.start()
        slack.deliver_to(bot.url)
        await said(slack, "general", "Reference", thread=root, timeout=20)
        other = await slack.post("general", "@gateway hello")
        await said(slack, "general", "re hello", thread=other, timeout=20)
    assert runs(tmp_path, "kill") == 3
    assert texts(slack, "general", root).count("dying") == 1
    [error] = dead_letters(tmp_path)
    assert "died 3 times" in error


@pytest.mark.timeout(120)
async def test_what_ran_beside_the_message_that_kills_is_answered_and_not_blamed(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    async with BotProcess(tmp_path, KILLER, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        neighbours = [await slack.post("general", f"@gateway slow {n}") for n in range(3)]
        await slack.wait_for(lambda: all(runs(tmp_path, f"slow {n}") for n in range(3)) or None, 20)
        killer = await slack.post("general", "@gateway kill")
        answers = asyncio.create_task(answered(slack, killer, neighbours))
        deaths = 0
        while not answers.done():
            death = asyncio.create_task(bot.ended(timeout=60))
            await asyncio.wait({answers, death}, return_when=asyncio.FIRST_COMPLETED)
            if death.cancel():
                break
            death.result()
            deaths += 1
            await live(bot, slack)
        await answers
        other = await slack.post("general", "@gateway hello")
        await said(slack, "general", "re hello", thread=other, timeout=20)
    assert deaths == 3
    assert len(dead_letters(tmp_path)) == 1


async def answered(slack: SlackEmulator, killer: str, neighbours: list[str]) -> None:
    """Until the one that kills is told so and the others have their answers."""
    for n, root in enumerate(neighbours):
        await said(slack, "general", f"re slow {n}", thread=root, timeout=60)
    await said(slack, "general", "Reference", thread=killer, timeout=60)


EXITS = """
    import asyncio, sys
    import gateway as cl

    async def tool():
        await asyncio.sleep(0)
        sys.exit(3)

    @cl.on_message
    async def main(message: cl.Message):
        if message.content == "beside":
            asyncio.get_running_loop().call_later(0.05, sys.exit, 4)
            message.task = asyncio.create_task(tool())
        if message.content == "awaited":
            await asyncio.gather(tool(), cl.sleep(0))
        if message.content == "slow":
            await cl.sleep(1)
        await cl.Message(f"re {message.content}").send()
"""


async def test_a_task_that_exits_ends_neither_the_bot_nor_anybody_elses_turn(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    async with BotProcess(tmp_path, EXITS, {**slack.environment(), "GATEWAY_TURN_RETRIES": "0"}) as bot:
        slack.deliver_to(bot.url)
        slow = await slack.post("general", "@gateway slow")
        await slack.delivered(slow)
        beside = await slack.post("general", "@gateway beside")
        await said(slack, "general", "re beside", thread=beside)
        awaited = await slack.post("general", "@gateway awaited")
        await said(slack, "general", "Reference", thread=awaited)
        await said(slack, "general", "re slow", thread=slow)
        assert await bot.terminate() == 0
    assert any("task.exited" in line for line in bot.log)
    assert len(dead_letters(tmp_path)) == 1


ASKS = """
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        name = await cl.AskUserMessage("Your name?", timeout=900).send()
        await cl.Message(f"Hello {name['output']}").send()
"""


@pytest.mark.timeout(180)
async def test_a_waiting_question_outlives_any_number_of_deployments_and_deaths(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    async with BotProcess(tmp_path, ASKS, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway hi")
        await said(slack, "general", "Your name?", thread=root)
        for n in range(8):
            await waits(tmp_path)
            if n % 2:
                assert await bot.terminate() == 0
            else:
                await bot.kill()
            await bot.start()
            slack.deliver_to(bot.url)
        await slack.post("general", "Ada", thread_ts=root)
        await said(slack, "general", "Hello Ada", thread=root, timeout=20)
    assert texts(slack, "general", root) == ["Your name?", "Hello Ada"]


@pytest.mark.timeout(120)
async def test_turns_that_deployments_hand_over_are_not_used_up(slack: SlackEmulator, tmp_path: Path) -> None:
    environment = {**slack.environment(), "GATEWAY_DRAIN_TIMEOUT": "0"}
    async with BotProcess(tmp_path, KILLER, environment) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway slow")
        for n in range(1, 6):
            await slack.wait_for(partial(begun, tmp_path, n), 20)
            assert await bot.terminate() == 0
            assert interruptions(tmp_path) == [0]
            slack.deliver_to(bot.url)
            await bot.start()
        await said(slack, "general", "re slow", thread=root, timeout=20)
    assert not dead_letters(tmp_path)


def interruptions(folder: Path) -> list[int]:
    with sqlite3.connect(folder / ".gateway" / "gateway.db") as database:
        return [count for (count,) in database.execute("SELECT interrupted FROM deliveries WHERE state = 0")]


async def waits(folder: Path) -> None:
    """Until the store knows that the turn only waits."""
    async with asyncio.timeout(20):
        while True:
            with sqlite3.connect(folder / ".gateway" / "gateway.db") as database:
                if not database.execute("SELECT 1 FROM deliveries WHERE state = 0 AND started > 0").fetchone():
                    return
            await asyncio.sleep(0.02)  # another process's file tells nobody
