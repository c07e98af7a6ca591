"""Queued deliveries keep their order while the backlog is read, while a mention waits for room, and while the store
fails."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.drivers.slack.reading import said, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.ingress import queue, queues, worker
from tests.support.bot import register, running_bot


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"re {message.content}").send()


async def test_what_arrives_while_the_backlog_is_read_waits_its_turn(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "QUEUE_LIMIT", 2)
    monkeypatch.setattr(worker, "QUEUE_LIMIT", 2)
    go, order = asyncio.Event(), []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await go.wait()
            order.append(message.content)
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path) as running:
        store, root = running.gateway.store, await slack.post("general", "@gateway 0")
        await slack.delivered(root)
        for n in range(1, 8):
            await slack.delivered(await slack.post("general", str(n), thread_ts=root))
        pending = store.pending

        async def meanwhile(**wanted: Any) -> Any:
            monkeypatch.setattr(store, "pending", pending)
            rows = await pending(**wanted)
            await slack.delivered(await slack.post("general", "8", thread_ts=root))
            return rows

        monkeypatch.setattr(store, "pending", meanwhile)
        go.set()
        await slack.wait_for(lambda: len(order) == 9)
    assert order == [str(n) for n in range(9)]


async def test_a_thread_goes_on_while_its_mention_waits_for_room(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "QUEUES_LIMIT", 1)
    go = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "slow":
                await go.wait()
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.delivered(await slack.post("general", "@gateway slow"))
        root = await slack.post("general", "@gateway 1")
        await slack.delivered(root)
        await slack.delivered(await slack.post("general", "2", thread_ts=root))
        go.set()
        await said(slack, "general", "re 1", thread=root)
        await said(slack, "general", "re 2", thread=root, timeout=3)
    assert texts(slack, "general", root) == ["re 1", "re 2"]


async def test_a_reply_concerns_us_though_its_mention_was_taken_up_while_we_looked(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "QUEUES_LIMIT", 1)
    go = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "slow":
                await go.wait()
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path) as running:
        await slack.delivered(await slack.post("general", "@gateway slow"))
        root = await slack.post("general", "@gateway 1")
        await slack.delivered(root)
        pending = running.gateway.store.pending

        async def meanwhile(*, conversation: str | None = None, **rest: Any) -> Any:
            found = await pending(conversation=conversation, **rest)
            if conversation is not None and not go.is_set():
                go.set()
                await said(slack, "general", "re 1", thread=root)
            return found

        monkeypatch.setattr(running.gateway.store, "pending", meanwhile)
        await slack.post("general", "2", thread_ts=root)
        await said(slack, "general", "re 2", thread=root)


async def test_a_store_that_fails_at_the_end_of_a_turn_doubles_nothing(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(slack, register(echo), tmp_path) as running:
        store = running.gateway.store
        broken = True

        def failing(method: Any) -> Any:
            async def call(*args: Any, **kwargs: Any) -> Any:
                if broken:
                    raise sqlite3.OperationalError("disk I/O error")
                return await method(*args, **kwargs)

            return call

        for name in ("finish", "fail", "bury", "start", "pending", "renew"):
            monkeypatch.setattr(store, name, failing(getattr(store, name)))
        root = await slack.post("general", "@gateway 1")
        await said(slack, "general", "re 1", thread=root)
        await slack.delivered(await slack.post("general", "2", thread_ts=root))
        broken = False
        await slack.delivered(await slack.post("general", "3", thread_ts=root))
        await said(slack, "general", "re 3", thread=root, timeout=20)
    assert texts(slack, "general", root) == ["re 1", "re 2", "re 3"]
