"""What observers are told of what happens, over the wire."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

import gateway as cl
from gateway.drivers.slack.reading import said
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.telemetry.context import reference
from gateway.telemetry.logs import configure_logging
from gateway.telemetry.observer import (
    Commit,
    DeliveryAccepted,
    Observer,
    PlatformCall,
    SessionChanged,
    StepBegun,
    StepEnded,
    StreamChanged,
    TurnBegun,
    TurnEnded,
    TurnWaits,
)
from tests.ingress.test_acceptor import delivery, echo
from tests.support.bot import RunningBot, register, running_bot
from tests.telemetry.recorder import Recorder


@asynccontextmanager
async def observed(
    slack: SlackEmulator, setup: Any, data: Path, **settings: Any
) -> AsyncIterator[tuple[RunningBot, Recorder]]:
    recorder = Recorder()
    async with running_bot(slack, register(setup), data, **settings) as running:
        running.gateway.observers.add(recorder)
        yield running, recorder


async def test_a_turn_is_told_from_its_delivery_to_its_end(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            async with cl.Step(name="look up", type="tool"):
                pass
            await cl.Message(f"You said: {message.content}").send()

    async with observed(slack, bot, tmp_path) as (_, recorder):
        await slack.post("general", "@gateway hi")
        ended = await recorder.until(TurnEnded)
        accepted, begun = recorder.of(DeliveryAccepted)[0], recorder.of(TurnBegun)[0]
        assert (accepted.platform, accepted.kind, accepted.outcome) == ("slack", "message_created", "new")
        assert accepted.delivery == begun.delivery == ended.delivery
        assert accepted.conversation == begun.conversation == ended.conversation
        assert begun.attempt == ended.attempt == 1
        assert begun.person == f"slack:{slack.team.id}:{slack.ada.id}"
        assert (ended.outcome, ended.error) == ("done", "")
        assert 0 < ended.seconds < 10 and 0 <= begun.waited < 10 and accepted.seconds > 0
        posts = [call for call in recorder.of(PlatformCall) if call.method == "send"]
        assert {(call.outcome, call.delivery) for call in posts} == {("ok", begun.delivery)}
        assert [(step.name, step.type) for step in recorder.of(StepBegun)] == [
            ("on_chat_start", "run"),
            ("message_created", "run"),
            ("look up", "tool"),
        ]
        assert [(step.name, step.error) for step in recorder.of(StepEnded)] == [
            ("on_chat_start", ""),
            ("look up", ""),
            ("message_created", ""),
        ]
        assert [session.change for session in recorder.of(SessionChanged)] == ["new"]
        assert all(commit.operations > 0 and not commit.failed for commit in recorder.of(Commit))
        assert len(recorder.of(Commit)) >= 2


async def test_what_becomes_of_a_delivery_is_told(slack: SlackEmulator, tmp_path: Path) -> None:
    async def send(body: bytes) -> int:
        return (await slack.send_raw(body, {"content-type": "application/json", **slack.sign(body)})).status

    text = f"<@{slack.team.bot.id}> hi"
    async with observed(slack, echo, tmp_path) as (running, recorder):
        mention = await slack.post("general", "@gateway hi")
        await recorder.until(TurnEnded)
        await slack.settled()
        del recorder.told[:]
        root = {"type": "message", "channel_type": "channel", "text": "lunch?", "thread_ts": "1700000000.000100"}
        assert await send(delivery(slack, "1700000001.000100", **root)) == 200
        assert await send(delivery(slack, mention, type="app_mention", text=text)) == 200
        await running.gateway.store.close()
        late = delivery(slack, "1700000002.000100", type="app_mention", text=text)
        assert await send(late) == 500
        await running.gateway.store.open()
        await running.gateway.drain()
        assert await send(late) == 503
        outcomes = [told.outcome for told in recorder.of(DeliveryAccepted)]
        assert outcomes == ["ignored", "duplicate", "failed", "refused"]


async def test_a_turn_that_fails_is_told_run_by_run_until_it_is_given_up(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            raise RuntimeError(f"no luck with xoxb-0123456789-secret, {message.content}")

    async with observed(slack, bot, tmp_path, turn_retries=1) as (_, recorder):
        await slack.post("general", "@gateway hi")
        await recorder.until(TurnEnded, lambda ended: ended.outcome == "dead")
        assert [(ended.attempt, ended.outcome) for ended in recorder.of(TurnEnded)] == [(1, "failed"), (2, "dead")]
        assert recorder.of(TurnEnded)[0].error == "RuntimeError: no luck with [redacted], hi"
        assert [begun.attempt for begun in recorder.of(TurnBegun)] == [1, 2]
        handled = [step for step in recorder.of(StepEnded) if step.name == "message_created"]
        assert [step.error for step in handled] == ["RuntimeError", "RuntimeError"]


async def test_each_try_of_a_platform_call_is_told(slack: SlackEmulator, tmp_path: Path) -> None:
    async with observed(slack, echo, tmp_path) as (_, recorder):
        slack.fail_next("chat.postMessage", retry_after=0)
        await slack.post("general", "@gateway hi")
        await recorder.until(TurnEnded)
        posts = [call for call in recorder.of(PlatformCall) if call.method == "send"]
        assert [call.outcome for call in posts] == ["rate_limited", "ok"]
        assert posts[0].error.startswith("gateway.errors.RateLimited")


async def test_a_stream_is_told_from_its_first_text_to_its_end(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = cl.Message("")
            await answer.stream_token("Hello ")
            await cl.sleep(0.01)
            await answer.stream_token("there")
            await answer.update()

    async with observed(slack, bot, tmp_path) as (_, recorder):
        await slack.post("general", "@gateway hi")
        await recorder.until(TurnEnded)
        changes = [(told.change, told.native) for told in recorder.of(StreamChanged)]
        assert changes[0] == ("begun", True)
        assert changes[-1] == ("ended", True)


async def test_a_turn_that_waits_for_an_answer_is_told(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answer = await cl.AskUserMessage("And?").send()
            await cl.Message(f"You said: {answer['output'] if answer else 'nothing'}").send()

    async with observed(slack, bot, tmp_path) as (_, recorder):
        root = await slack.post("general", "@gateway hi")
        waits = await recorder.until(TurnWaits)
        await slack.post("general", "this", thread_ts=root)
        ended = await recorder.until(TurnEnded)
        assert waits.delivery == ended.delivery
        assert [told.begins for told in recorder.of(TurnWaits)] == [True, False]


async def test_a_turn_that_is_cut_off_by_the_end_of_the_process_is_handed_over(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("begun").send()
            await cl.sleep(60)

    async with observed(slack, bot, tmp_path, drain_timeout=0) as (running, recorder):
        await slack.post("general", "@gateway hi")
        await recorder.until(PlatformCall, lambda call: call.method == "send")
        await running.gateway.drain()
        assert [ended.outcome for ended in recorder.of(TurnEnded)] == ["handed_over"]


class Raising(Observer):
    """Raises whenever it is told of a turn."""

    def turn_begun(self, what: TurnBegun, /) -> None:
        raise RuntimeError("observers are not to be relied on")

    def turn_ended(self, what: TurnEnded, /) -> None:
        raise RuntimeError("observers are not to be relied on")


async def test_an_observer_that_raises_changes_nothing_and_is_logged_once(
    slack: SlackEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form="console", debug=False)
    async with observed(slack, echo, tmp_path) as (running, recorder):
        running.gateway.observers.add(Raising())
        for number in range(3):
            await slack.post("general", f"@gateway {number}")
            await said(slack, "general", f"You said: {number}")
        await recorder.until(TurnEnded, lambda _: len(recorder.of(TurnEnded)) == 3)
        assert [ended.outcome for ended in recorder.of(TurnEnded)] == ["done"] * 3
    shown = capsys.readouterr().err
    assert shown.count("observer.failed") == 2, "once for each thing that it failed to be told"


async def test_log_lines_of_a_turn_name_its_delivery(
    slack: SlackEmulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            structlog.get_logger("their.own").info("theirs.said", text=message.content)
            await cl.Message("done").send()

    configure_logging(form="console", debug=False)
    async with observed(slack, bot, tmp_path) as (_, recorder):
        await slack.post("general", "@gateway hi")
        ended = await recorder.until(TurnEnded)
        structlog.get_logger("their.own").info("theirs.outside")
    lines = capsys.readouterr().err.splitlines()
    [inside] = [line for line in lines if "theirs.said" in line]
    assert f"delivery={ended.delivery}" in inside
    assert f"reference={reference(ended.delivery)}" in inside
    assert f"conversation={ended.conversation}" in inside
    [outside] = [line for line in lines if "theirs.outside" in line]
    assert "delivery=" not in outside
