"""Failing handlers and what becomes of their turns; Slack's mentions and scopes through the whole gateway."""

import asyncio
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.drivers.slack.reading import eventually, from_bot, said, shown, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.errors import RateLimited, StoreFailed
from gateway.ingress import dispatcher
from gateway.store.sqlite import file
from tests.support.bot import RunningBot, register, running_bot


async def test_a_failing_handler_is_run_again_then_told_with_a_reference_and_kept(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    runs = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            runs.append(1)
            await cl.Message("before").send()
            raise ValueError("boom")

    async with running_bot(slack, register(bot), tmp_path) as running:
        await slack.post("general", "@gateway x")
        told = await said(slack, "general", "Reference")
        letters = await eventually(running.gateway.store.dead_letters)
    assert len(runs) == 3
    assert texts(slack, "general")[0] == "before"
    assert len(from_bot(slack, "general")) == 2
    assert "boom" not in shown(told)
    assert "ValueError: boom" in letters[0].error


async def test_a_turn_that_runs_again_gives_its_parts_the_same_ids(slack: SlackEmulator, tmp_path: Path) -> None:
    runs: list[list[str]] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            action = cl.Action(name="a", payload={})
            text = cl.Text(name="notes", content="x")
            answer = cl.Message("hi", elements=[text, cl.File(name="f.txt", content=b"y")], actions=[action])
            runs.append([message.id, answer.id, action.id, *(element.id for element in answer.elements)])
            if len(runs) == 1:
                raise ValueError("boom")
            await cl.Message("done").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "done")
    first, second = runs
    assert first == second
    assert len(set(first)) == 5


async def test_an_error_that_quotes_half_a_character_is_told_and_kept(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "bad":
                raise ValueError("half an emoji: \ud83d")
            await cl.Message("fine").send()

    async with running_bot(slack, register(bot), tmp_path, turn_retries=1):
        root = await slack.post("general", "@gateway bad")
        await said(slack, "general", "Reference", thread=root)
        await slack.post("general", "@gateway good", thread_ts=root)
        await said(slack, "general", "fine", thread=root)


async def test_a_turn_stopped_in_the_pause_before_its_retry_is_not_run_again(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    runs = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            runs.append(message.content)
            if message.content == "refused":
                raise RateLimited(300, "model")
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path) as running:
        root = await slack.post("general", "@gateway refused")
        await eventually(lambda: open_ones(running, lambda row: row.attempts > 0))
        await slack.post("general", "/stop", thread_ts=root)
        await slack.post("general", "next", thread_ts=root)
        await said(slack, "general", "re next", thread=root)
        while await open_ones(running, lambda row: True):
            await asyncio.sleep(0.01)
    assert runs == ["refused", "next"]


async def test_a_turn_whose_delivery_was_acknowledged_when_the_end_came_is_run(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path) as running:
        await slack.delivered(await slack.post("general", "@gateway x"))
        await running.gateway.drain()
        assert texts(slack, "general") == ["re x"]


async def open_ones(running: RunningBot, wanted: Any) -> Any:
    return [row for row in await running.gateway.store.pending(now=time.time() + 10_000, limit=10) if wanted(row)]


async def test_a_turn_whose_end_the_store_cannot_take_at_once_is_not_run_again(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "BUSY_TIMEOUT", 0.05)
    runs = []
    locked = asyncio.Event()
    other = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            runs.append(message.content)
            await cl.Message(f"re {message.content}").send()
            if message.content == "one":
                other.execute("BEGIN IMMEDIATE")  # a backup, somebody's shell
                locked.set()

    async with running_bot(slack, register(bot), tmp_path) as running:
        store = running.gateway.store
        root = await slack.post("general", "@gateway one")
        await locked.wait()
        for _ in range(2):  # the second comes behind the end of the turn
            with pytest.raises(StoreFailed, match="locked"):
                await store.ping()
        other.execute("ROLLBACK")
        await slack.post("general", "@gateway two", thread_ts=root)
        await said(slack, "general", "re two", thread=root)
    assert runs == ["one", "two"]
    assert texts(slack, "general", root) == ["re one", "re two"]


async def test_a_failed_run_leaves_no_trace_in_the_session_and_the_thread_goes_on(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    seen = []

    def bot() -> None:
        @cl.on_chat_start
        def start() -> None:
            cl.user_session.set("history", [])

        @cl.on_message
        async def main(message: cl.Message) -> None:
            cl.user_session.get("history").append(message.content)
            seen.append(list(cl.user_session.get("history")))
            if message.content == "bad":
                raise ValueError("boom")
            await cl.Message("fine").send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway bad")
        await said(slack, "general", "Reference", thread=root)
    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "good", thread_ts=root)
        await said(slack, "general", "fine", thread=root)
    assert seen == [["bad"], ["bad"], ["bad"], ["good"]]


async def test_without_retries_a_handler_runs_at_most_once(slack: SlackEmulator, tmp_path: Path) -> None:
    runs = []

    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            runs.append(1)
            raise ValueError("boom")

    async with running_bot(slack, register(bot), tmp_path, turn_retries=0):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "Reference")
    assert runs == [1]


async def test_what_a_model_wrote_mentions_nobody(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            await cl.Message("Hello <!channel> <!here> <!subteam^S1> <@U0GRACE> @channel @here **now**").send()
            await cl.Message("<@U0GRACE> please look", mentions=cl.AllowedMentions(users=True)).send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "please look")
    sent = [str(call.args) for call in slack.calls_to("chat.postMessage")]
    for live in ("<!channel>", "<!here>", "<!subteam^S1>", "<@U0GRACE>"):
        assert live not in sent[0]
    assert "<@U0GRACE>" in sent[1]


async def test_a_missing_scope_for_files_is_named_and_never_the_login_page(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    got = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            got.append(message.elements)
            await cl.Message("went on").send()

    slack.team.scopes.discard("files:read")
    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway take", files=[("a.txt", b"x", "text/plain")])
        await said(slack, "general", "files:read")
        await said(slack, "general", "went on")
    assert got == [[]]


async def test_a_turn_stopped_while_it_asks_and_wants_its_place_back_takes_none_with_it(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    busy, together = [], []
    hold = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "ask":
                await cl.AskUserMessage("Your name?").send()
                return
            busy.append(message.content)
            together.append(len(busy))
            await hold.wait()
            await cl.sleep(0.05)  # long enough for another to be seen beside it
            busy.remove(message.content)
            await cl.Message(f"did {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path, running_turns=1):
        asking = await slack.post("general", "@gateway ask")
        await said(slack, "general", "Your name?", thread=asking)
        await slack.post("general", "@gateway one")
        await eventually(holds(lambda: busy == ["one"]))
        await slack.post("general", "Ada", thread_ts=asking)  # answered: it waits for the only place
        await slack.settled()
        await slack.post("general", "/stop", thread_ts=asking)
        await slack.settled()
        await slack.post("general", "@gateway two")
        await slack.post("general", "@gateway three")
        await slack.settled()
        hold.set()
        await said(slack, "general", "did two")
        await said(slack, "general", "did three")
    assert max(together) == 1


async def test_a_handler_that_swallows_its_cancellation_does_not_keep_the_gateway_from_ending(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatcher, "CANCEL_WITHIN", 0.1)
    begun, over = asyncio.Event(), asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            begun.set()
            while not over.is_set():
                with suppress(asyncio.CancelledError):
                    await over.wait()

    async with running_bot(slack, register(bot), tmp_path, drain_timeout=0.05) as running:
        await slack.post("general", "@gateway x")
        await begun.wait()
        async with asyncio.timeout(10):
            await running.gateway.drain()
        over.set()
    assert "drain.deaf" in caplog.text


def holds(condition: Any) -> Any:
    """A look for ``eventually``."""

    async def look() -> Any:
        return condition()

    return look
