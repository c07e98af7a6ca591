"""Erasures of people while turns run: what arrives meanwhile waits, and a turn that does not end is not torn apart."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.drivers.slack.reading import said, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.ingress import breaking_off, suspension
from gateway.store import SQLiteStore
from tests.contract.actions import eventually
from tests.contract.crashes import LivingBot
from tests.contract.rights import Ran, found_in, gateway_data
from tests.slack.world import SlackWorld
from tests.support.bot import register, running_bot

ADA = "slack:T0GATEWAY:U0ADA"
"""Ada, as the emulated workspace knows her."""


HANGS = """
    import asyncio
    import gateway as cl

    @cl.on_message
    async def main(message: cl.Message):
        await cl.Message(f"re {message.content}").send()
        if "hang" in message.content:
            await asyncio.sleep(3600)
"""


async def begun(data: Path, erasing: asyncio.Task[Ran]) -> None:
    """Wait until the gateway carries out what a command asks of it, for as long as the command takes to start."""
    with closing(sqlite3.connect(data / "gateway.db")) as database:
        while database.execute("SELECT result FROM admin_requests").fetchall() != [('{"state":"begun"}',)]:
            assert not erasing.done(), erasing.result()
            await asyncio.sleep(0.005)


async def test_what_arrives_during_an_erasure_is_answered_after_it(slack: SlackEmulator, tmp_path: Path) -> None:
    release = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if "slow" in message.content:
                await release.wait()
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path):
        first = await slack.post("general", "@gateway slow secret")
        await eventually(lambda: _open(tmp_path) == 1)
        erasing = asyncio.create_task(gateway_data(tmp_path, "erase", "--user", ADA))
        await begun(tmp_path, erasing)
        late = await slack.post("general", "@gateway slow late", thread_ts=first)
        await slack.delivered(late)
        release.set()
        assert (await erasing).code == 0
        await said(slack, "general", "re slow late")
    assert texts(slack, "general").count("re slow late") == 1
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as database:
        assert "slow secret" not in str(database.execute("SELECT * FROM steps").fetchall())


def _open(data: Path) -> int:
    with closing(sqlite3.connect(data / "gateway.db")) as database:
        found = database.execute("SELECT count(*) FROM deliveries WHERE state = 0 AND started > 0")
        return int(found.fetchone()[0])


async def test_nothing_is_erased_while_a_turn_does_not_end(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspension, "END_WITHIN", 0.1)
    monkeypatch.setattr(breaking_off, "CANCEL_WITHIN", 0.1)
    release = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue  # what no handler should do

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway hello")
        await eventually(lambda: _open(tmp_path) == 1)
        ran = await gateway_data(tmp_path, "erase", "--user", ADA)
        assert ran.code == 2 and "does not end" in ran.err and "stop the gateway and ask again" in ran.err
        release.set()


async def test_a_request_that_nobody_answers_is_carried_out_later(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway hello")
        await said(slack, "general", "re hello")
    hanging = SQLiteStore(tmp_path / "gateway.db")
    await hanging.open()
    ran = await gateway_data(tmp_path, "erase", "--user", ADA, "--wait", "0.5")
    assert ran.code == 2 and "it has not begun, and does it as soon as it can" in ran.err
    await hanging.close()
    async with running_bot(slack, register(bot), tmp_path):
        await eventually(lambda: _audit(tmp_path) == ["erased"])
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as database:
        assert database.execute("SELECT count(*) FROM steps").fetchone() == (0,)


def _audit(data: Path) -> list[Any]:
    with closing(sqlite3.connect(data / "gateway.db")) as database:
        return [action for (action,) in database.execute("SELECT action FROM audit").fetchall()]


async def test_a_gateway_killed_during_an_erasure_does_it_at_its_next_start(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    data = tmp_path / ".gateway"
    async with LivingBot(SlackWorld(slack), tmp_path, HANGS) as bot:
        await slack.post("general", "@gateway kanarienwort")
        await said(slack, "general", "re kanarienwort")
        await slack.post("general", "@gateway hang kanarienwort")
        await said(slack, "general", "re hang kanarienwort")
        erasing = asyncio.create_task(gateway_data(data, "erase", "--user", ADA))
        await begun(data, erasing)
        await bot.kill()
        await bot.start()
        ran = await erasing
        assert ran.code == 0 and "erased" in ran.out, ran
        assert found_in(data, "kanarienwort") == []
