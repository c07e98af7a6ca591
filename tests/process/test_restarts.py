"""The process ends: by a deployment, with or without time for its turns. Every message still gets its one answer.

What a crash does to replies, streams and questions is part of every platform's contract (``tests/contract``)."""

import asyncio
import signal
from pathlib import Path

import psycopg

from gateway.drivers.slack.reading import eventually, from_bot, said, shown, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.store.postgresql.schema import LOCK
from tests.contract.crashes import ASKS, REPLIES
from tests.support.postgres import database
from tests.support.process import BotProcess

SLOW = """
    import asyncio
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await asyncio.sleep(1)
        await cl.Message(f"done {message.content}").send()
"""

WAITING = """SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"""


async def test_sigterm_during_ten_turns_loses_none(slack: SlackEmulator, tmp_path: Path) -> None:
    async with BotProcess(tmp_path, SLOW, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        roots = [await slack.post("general", f"@gateway {n}") for n in range(10)]
        await asyncio.gather(*(slack.delivered(root) for root in roots))
        assert await bot.terminate() == 0
        assert sorted(texts(slack, "general")) == [f"done {n}" for n in range(10)]


async def test_sigterm_with_no_time_hands_the_turns_back(slack: SlackEmulator, tmp_path: Path) -> None:
    environment = {**slack.environment(), "GATEWAY_DRAIN_TIMEOUT": "0"}
    async with BotProcess(tmp_path, SLOW, environment) as bot:
        slack.deliver_to(bot.url)
        roots = [await slack.post("general", f"@gateway {n}") for n in range(10)]
        await asyncio.gather(*(slack.delivered(root) for root in roots))
        assert await bot.terminate() == 0
        assert texts(slack, "general") == []
        await bot.start()
        await slack.wait_for(lambda: len(texts(slack, "general")) == 10, 15)
    assert sorted(texts(slack, "general")) == [f"done {n}" for n in range(10)]


async def test_a_waiting_question_does_not_hold_up_a_deployment(slack: SlackEmulator, tmp_path: Path) -> None:
    async with BotProcess(tmp_path, ASKS, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway deploy")
        question = await said(slack, "general", "Deploy?", thread=root)
        async with asyncio.timeout(10):
            assert await bot.terminate() == 0
        await bot.start()
        await slack.click("general", question["ts"], label="Yes")
        await said(slack, "general", "Why?", thread=root)
    assert len(from_bot(slack, "general", root)) == 3


async def test_events_during_downtime_arrive_by_redelivery(slack: SlackEmulator, tmp_path: Path) -> None:
    slack.deliveries.retry_delays = (0.2, 0.5, 5.0)
    async with BotProcess(tmp_path, REPLIES, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        await bot.kill()
        root = await slack.post("general", "@gateway while away")
        await bot.start()
        await said(slack, "general", "second while away", thread=root, timeout=15)
    assert len(from_bot(slack, "general", root)) == 2


APPROVES = """
    import asyncio
    from pathlib import Path
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        if Path("slow").exists():
            while not Path("go").exists():
                await asyncio.sleep(0.02)
        pick = await cl.AskActionMessage("Deploy?", [cl.Action("yes"), cl.Action("no")], timeout=300).send()
        await cl.Message(f"picked {pick['name']}").send()
"""


async def test_nobody_else_answers_while_the_turn_is_on_its_way_back_to_its_question(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    async with BotProcess(tmp_path, APPROVES, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway x")
        question = await said(slack, "general", "Deploy?", thread=root)
        (tmp_path / "slow").touch()
        await bot.restart()
        await slack.click("general", question["ts"], label="yes", user=slack.grace.id)
        (tmp_path / "go").touch()
        await slack.click("general", question["ts"], label="no")
        await said(slack, "general", "picked", thread=root)
        told = await slack.wait_for(
            lambda: [m for m in slack.messages("general") if m.get("ephemeral_for") == slack.grace.id]
        )
        assert "somebody else" in shown(told[0])
    assert "picked no" in texts(slack, "general", root)


FAILS = """
    from pathlib import Path
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        with Path("runs").open("a") as runs:
            runs.write(message.content)
        if message.content == "1" and Path("runs").read_text().count("1") < 3:
            raise ValueError("not yet")
        await cl.Message(f"re {message.content}").send()
"""


async def test_a_failed_turn_keeps_its_place_across_a_restart(slack: SlackEmulator, tmp_path: Path) -> None:
    async with BotProcess(tmp_path, FAILS, slack.environment()) as bot:
        slack.deliver_to(bot.url)
        root = await slack.post("general", "@gateway 1")
        await slack.delivered(root)
        async with asyncio.timeout(10):
            while not (tmp_path / "runs").exists() or (tmp_path / "runs").read_text() != "11":
                await asyncio.sleep(0.01)
        await slack.delivered(await slack.post("general", "2", thread_ts=root))
        await asyncio.sleep(0.1)
        await bot.restart()  # two seconds before the failed turn is due again
        await slack.wait_for(lambda: len(texts(slack, "general", root)) == 2, 15)
    assert texts(slack, "general", root) == ["re 1", "re 2"]


async def test_a_signal_that_comes_while_the_tables_are_made_ends_the_process(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    async with database() as url:
        plain = url.replace("+asyncpg", "")
        bot = BotProcess(tmp_path, SLOW, {**slack.environment(), "DATABASE_URL": plain})
        async with await psycopg.AsyncConnection.connect(plain, autocommit=True) as other:
            await other.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            starting = asyncio.create_task(bot.start())

            async def waits() -> bool:
                found = await other.execute(WAITING)
                return (await found.fetchall()) == [(1,)]

            await eventually(waits, timeout=30)
            bot.send_signal(signal.SIGTERM)
        assert await bot.ended() == 0
        await asyncio.wait([starting])
