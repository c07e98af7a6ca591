"""What an adversary of the core tried: stops, asks, sessions, order and a failing store, where they meet."""

import asyncio
import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.ingress import dispatcher as dispatching
from tests.support.bot import register, running_bot
from tests.support.process import BotProcess
from tests.system.reading import buttons, from_bot, said, shown, texts


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"re {message.content}").send()


# Stopping


async def test_a_stopped_handler_that_updates_a_message_while_it_ends_is_not_run_again(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    started, runs = asyncio.Event(), []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            runs.append(message.content)
            if len(runs) > 1:
                await cl.Message(message.content).send()
                return
            answer = await cl.Message("working").send()
            started.set()
            try:
                await asyncio.sleep(60)
            finally:
                answer.content = "ended"
                await answer.update()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway long")
        await started.wait()
        await slack.post("general", "/stop", thread_ts=root)
        await slack.post("general", "next", thread_ts=root)
        await said(slack, "general", "next", thread=root)
    assert runs == ["long", "next"]


async def test_a_failing_on_stop_does_not_run_the_stopped_turn_again(slack: SlackEmulator, tmp_path: Path) -> None:
    started, runs = asyncio.Event(), []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            runs.append(message.content)
            if runs == ["long"]:
                started.set()
                await asyncio.sleep(60)
            await cl.Message(message.content).send()

        @cl.on_stop
        def stop() -> None:
            raise ValueError("boom")

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway long")
        await started.wait()
        await slack.post("general", "/stop", thread_ts=root)
        await slack.post("general", "next", thread_ts=root)
        await said(slack, "general", "next", thread=root)
    assert runs == ["long", "next"]


async def test_a_handler_that_swallows_the_stop_is_stopped_all_the_same(slack: SlackEmulator, tmp_path: Path) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            started.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

        @cl.on_stop
        def stop() -> None:
            stopped.set()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway long")
        await started.wait()
        await slack.post("general", "/stop", thread_ts=root)
        async with asyncio.timeout(5):
            await stopped.wait()


async def test_a_message_of_a_stopped_turn_can_be_updated_in_a_later_one(slack: SlackEmulator, tmp_path: Path) -> None:
    started = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "long":
                cl.user_session.set("status", await cl.Message("working").send())
                started.set()
                await asyncio.sleep(60)
            status = cl.user_session.get("status")
            status.content = "updated later"
            await status.update()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway long")
        await started.wait()
        await slack.post("general", "/stop", thread_ts=root)
        await slack.post("general", "next", thread_ts=root)
        await said(slack, "general", "updated later", thread=root)
    assert texts(slack, "general", root) == ["updated later"]


async def test_stop_and_new_while_a_question_waits(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "ask":
                await cl.AskUserMessage("Name?", timeout=60).send()
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway ask")
        await said(slack, "general", "Name?", thread=root)
        await slack.post("general", "/stop", thread_ts=root)
        await slack.post("general", "a", thread_ts=root)
        await said(slack, "general", "re a", thread=root)
        await slack.post("general", "ask", thread_ts=root)
        await slack.wait_for(lambda: texts(slack, "general", root).count("Name?") == 2)
        await slack.post("general", "/new", thread_ts=root)
        await said(slack, "general", "new conversation", thread=root, timeout=3)


# Sessions


async def test_a_failing_on_chat_end_does_not_keep_the_session_open(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        echo()

        @cl.on_chat_end
        def end() -> None:
            raise ValueError("boom")

    async with running_bot(slack, register(bot), tmp_path, session_timeout=0.2, turn_retries=0):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "re a")
        await asyncio.sleep(1.5)
    assert sum("Reference" in text for text in texts(slack, slack.dm.id)) <= 1


async def test_a_conversation_in_which_a_question_waits_is_not_idle(slack: SlackEmulator, tmp_path: Path) -> None:
    results: list[str] = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content == "ask":
                answer = await cl.AskUserMessage("Name?", timeout=60).send()
                assert answer is not None
                results.append(answer["output"])
            cl.user_session["count"] = count = cl.user_session.get("count", 0) + 1
            await cl.Message(f"message {count}").send()

    async with running_bot(slack, register(bot), tmp_path, session_timeout=0.6):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1")
        await slack.post(slack.dm.id, "ask")
        await said(slack, slack.dm.id, "Name?")
        await asyncio.sleep(1)  # the clock is what is tested
        await slack.post(slack.dm.id, "Ada")
        await said(slack, slack.dm.id, "message 2")
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 3")
    assert results == ["Ada"]


# Beside the queue


async def give_feedback(slack: SlackEmulator, message: dict[str, Any]) -> None:
    action = next(b for b in message["blocks"] if b["type"] == "context_actions")["elements"][0]["action_id"]
    await slack.click("general", message["ts"], action, value="negative")


async def test_a_slow_feedback_handler_holds_up_no_message(slack: SlackEmulator, tmp_path: Path) -> None:
    rated, go = asyncio.Event(), asyncio.Event()

    def bot() -> None:
        echo()

        @cl.on_feedback
        async def feedback(feedback: cl.Feedback) -> None:
            rated.set()
            await go.wait()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway a")
        await give_feedback(slack, await said(slack, "general", "re a"))
        await rated.wait()
        await slack.post("general", "b", thread_ts=root)
        try:
            await said(slack, "general", "re b", timeout=3)
        finally:
            go.set()


async def test_a_question_asked_by_the_feedback_handler_is_answered(slack: SlackEmulator, tmp_path: Path) -> None:
    picked: list[Any] = []

    def bot() -> None:
        echo()

        @cl.on_feedback
        async def feedback(feedback: cl.Feedback) -> None:
            picked.append(await cl.AskActionMessage("Why?", [cl.Action("slow"), cl.Action("wrong")], timeout=3).send())
            picked.append(await cl.AskUserMessage("What else?", timeout=3).send())
            await cl.Message("Thanks").send()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway a")
        await give_feedback(slack, await said(slack, "general", "re a"))
        question = await said(slack, "general", "Why?")
        await slack.click("general", question["ts"], label="wrong")
        await said(slack, "general", "What else?")
        await slack.post("general", "nothing", thread_ts=root)
        await said(slack, "general", "Thanks")
    assert [picked[0]["name"], picked[1]["output"]] == ["wrong", "nothing"]


# Order and a store that fails


async def test_what_arrives_while_the_backlog_is_read_waits_its_turn(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "QUEUE_LIMIT", 2)
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
    monkeypatch.setattr(dispatching, "QUEUES_LIMIT", 1)
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
    monkeypatch.setattr(dispatching, "QUEUES_LIMIT", 1)
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
        exists = running.gateway.store.exists

        async def meanwhile(key: Any) -> Any:
            found = await exists(key)
            go.set()
            await said(slack, "general", "re 1", thread=root)
            return found

        monkeypatch.setattr(running.gateway.store, "exists", meanwhile)
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


# Threads


async def test_sync_handlers_that_wait_for_answers_hold_up_nobody(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        def main(message: cl.Message) -> None:
            if message.content == "ask":
                cl.run_sync(cl.AskUserMessage("Name?", timeout=3).send())
            else:
                cl.run_sync(cl.Message("quick").send())

    async with running_bot(slack, register(bot), tmp_path):
        for _ in range(8):
            await slack.post("general", "@gateway ask")
        await slack.post("general", "@gateway quick")
        await said(slack, "general", "quick", timeout=2)


async def test_what_a_timed_out_thread_says_is_not_said_beside_its_rerun(slack: SlackEmulator, tmp_path: Path) -> None:
    release, runs = threading.Event(), []

    def bot() -> None:
        @cl.on_message
        def main(message: cl.Message) -> None:
            runs.append(1)
            if len(runs) == 1:
                release.wait(5)
            cl.run_sync(cl.Message(f"answer {message.content}").send())
            release.set()

    async with running_bot(slack, register(bot), tmp_path, turn_timeout=0.3):
        await slack.post("general", "@gateway x")
        await said(slack, "general", "answer x")
        await slack.post("general", "@gateway again")  # the left over thread is done when this is
        await said(slack, "general", "answer again")
    assert texts(slack, "general") == ["answer x", "answer again"]


# Odd values


async def test_a_payload_that_json_cannot_hold_is_refused_where_it_is_made(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    errors = []

    def bot() -> None:
        @cl.on_message
        async def main() -> None:
            try:
                cl.Action("go", {"o": object()})
            except TypeError as error:
                errors.append(str(error))
            name = "long name " * 100
            await cl.Message("named", actions=[cl.Action(name, label=name)]).send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway hi")
        await said(slack, "general", "named")
    assert "payload of Action('go')" in errors[0]


async def test_a_file_stays_when_a_button_of_its_message_is_removed(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message(
                "Here", elements=[cl.File(name="a.txt", content="x")], actions=[cl.Action("go", label="Go")]
            ).send()

        @cl.action_callback("go")
        async def go(action: cl.Action) -> None:
            await action.remove()
            await cl.Message("gone").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway x")
        message = await slack.wait_for(lambda: next((m for m in from_bot(slack, "general") if buttons(m)), None))
        assert message is not None
        await slack.wait_for(lambda: any(m.get("files") for m in from_bot(slack, "general")))
        await slack.click("general", message["ts"], label="Go")
        await said(slack, "general", "gone")
    assert not any(buttons(m) for m in from_bot(slack, "general"))
    assert any(m.get("files") for m in from_bot(slack, "general"))


# Restarts

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
