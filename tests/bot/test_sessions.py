"""Sessions by the clock, and what only Slack's workspaces and channels do; the rest is in every platform's contract."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from gateway.drivers.slack.reading import eventually, said, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.model import ConversationRef
from gateway.ports import SessionRecord
from tests.support.bot import register, running_bot


def echo() -> None:
    @cl.on_message
    async def main(message: cl.Message) -> None:
        await cl.Message(f"You said: {message.content}").send()


def counting() -> None:
    @cl.on_chat_start
    def start() -> None:
        cl.user_session.set("count", 0)

    @cl.on_message
    async def main(message: cl.Message) -> None:
        count = cl.user_session.get("count") + 1
        cl.user_session.set("count", count)
        await cl.Message(f"message {count}: {message.content}").send()


async def test_channel_talk_and_other_threads_are_none_of_its_business(slack: SlackEmulator, tmp_path: Path) -> None:
    async with running_bot(slack, register(echo), tmp_path):
        talk = await slack.post("general", "lunch?")
        await slack.delivered(talk)
        await slack.delivered(await slack.post("general", "yes", thread_ts=talk))
        await slack.join("general", "Linus")
        await slack.post("general", "@gateway hi")
        await said(slack, "general", "You said: hi")
    assert texts(slack, "general") == ["You said: hi"]


async def test_two_workspaces_sharing_a_channel_and_ts_are_two_conversations(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    async with running_bot(slack, register(counting), tmp_path):
        event = {
            "type": "app_mention",
            "user": slack.ada.id,
            "channel": slack.general.id,
            "ts": "1700000000.000100",
            "event_ts": "1700000000.000100",
            "text": "<@U0BOT> hi",
        }
        await slack.emit(event)
        other = slack.add_team("T0OTHER", "Other")
        await slack.emit({**event, "text": f"<@{other.bot.id}> hi"}, team=other)
        await slack.wait_for(lambda: len(slack.calls_to("chat.postMessage")) == 2)


async def test_a_resting_session_leaves_memory_and_comes_back(slack: SlackEmulator, tmp_path: Path) -> None:
    resumed = asyncio.Event()

    def bot() -> None:
        counting()

        @cl.on_chat_resume
        def resume() -> None:
            resumed.set()

    async with running_bot(slack, register(bot), tmp_path, session_rest=0.05) as running:
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1: a")
        pool = running.gateway.sessions
        async with asyncio.timeout(5):
            while len(pool):
                await asyncio.sleep(0.01)  # the housekeeping wakes by the clock; nothing announces that it slept
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 2: b")
    assert resumed.is_set()


async def test_an_idle_session_ends_announced(slack: SlackEmulator, tmp_path: Path) -> None:
    ended = asyncio.Event()

    def bot() -> None:
        counting()

        @cl.on_chat_end
        def end() -> None:
            ended.set()

    async with running_bot(slack, register(bot), tmp_path, session_timeout=0.2):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1: a")
        async with asyncio.timeout(5):
            await ended.wait()
        await said(slack, slack.dm.id, "was idle for a while")
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 1: b")


async def test_an_idle_session_ends_behind_those_of_a_platform_that_is_off_now(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    ended = asyncio.Event()

    def bot() -> None:
        counting()

        @cl.on_chat_end
        def end() -> None:
            ended.set()

    async with running_bot(slack, register(bot), tmp_path, session_timeout=0.2) as running:
        for n in range(120):
            ref = ConversationRef(platform="gone", workspace="W", channel=str(n))
            record = SessionRecord(id=str(n), ref=ref, user=None, data={}, started_at=1, last_at=1)
            await running.gateway.store.save(record)
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "message 1: a")
        async with asyncio.timeout(5):
            await ended.wait()


async def test_removing_the_bot_from_a_channel_ends_its_threads_and_no_others(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    ended = []

    def bot() -> None:
        counting()

        @cl.on_chat_end
        def end() -> None:
            ended.append(cl.context.conversation)

    async with running_bot(slack, register(bot), tmp_path) as running:
        roots = [await slack.post("general", f"@gateway {n}") for n in range(3)]
        await slack.post(slack.dm.id, "a")
        await slack.wait_for(lambda: len(texts(slack, "general")) == 3 and texts(slack, slack.dm.id))
        left = {"type": "member_left_channel", "user": slack.team.bot.id, "channel": slack.general.id}
        await slack.emit({**left, "channel_type": "C", "team": slack.team.id, "event_ts": "1800000000.000100"})

        async def all_ended() -> Any:
            return len(ended) == 3 and not [
                root for root in roots if await running.gateway.store.exists(f"slack:T0GATEWAY:C0GENERAL:{root}")
            ]

        await eventually(all_ended)
        await slack.post(slack.dm.id, "b")
        await said(slack, slack.dm.id, "message 2: b")
    assert sorted(ended) == sorted(f"slack:T0GATEWAY:C0GENERAL:{root}" for root in roots)


async def test_a_question_in_a_channel_the_bot_was_removed_from_waits_no_longer(
    slack: SlackEmulator, tmp_path: Path
) -> None:
    answers, ended = [], asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            answers.append(await cl.AskUserMessage("Who?", timeout=60).send())

        @cl.on_chat_end
        def end() -> None:
            ended.set()

    async with running_bot(slack, register(bot), tmp_path):
        root = await slack.post("general", "@gateway hi")
        await said(slack, "general", "Who?", thread=root)
        left = {"type": "member_left_channel", "user": slack.team.bot.id, "channel": slack.general.id}
        await slack.emit({**left, "channel_type": "C", "team": slack.team.id, "event_ts": "1800000000.000100"})
        async with asyncio.timeout(5):
            await ended.wait()
    assert answers == []


async def test_the_user_has_name_email_and_a_stable_identifier(slack: SlackEmulator, tmp_path: Path) -> None:
    users = []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            users.append(cl.user_session.get("user"))
            await cl.Message("ok").send()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "ok")
        await slack.post(slack.dm.id, "b")
        await slack.wait_for(lambda: len(texts(slack, slack.dm.id)) == 2)
    assert users[0].identifier == f"slack:{slack.team.id}:{slack.ada.id}"
    assert users[0].email == "ada@gateway.example"
    assert len(slack.calls_to("users.info")) == 1


async def test_sync_handlers_do_not_hold_up_others_and_can_wait_for_coroutines(
    slack: SlackEmulator, tmp_path: Path
) -> None:

    release = threading.Event()

    def bot() -> None:
        @cl.on_message
        def main(message: cl.Message) -> None:
            if message.content == "block":
                release.wait(10)
            cl.run_sync(cl.Message(f"sync {message.content}").send())

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post("general", "@gateway block")
        await slack.post("general", "@gateway b")
        await said(slack, "general", "sync b")
        release.set()
        await said(slack, "general", "sync block")


async def test_a_turn_that_only_waits_for_the_store_keeps_no_other_waiting(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.core.writer.PATIENCE", 60)  # the end of a turn waits for company
    both_stored = asyncio.Event()

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await both_stored.wait()
            await cl.Message(f"You said: {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path, running_turns=1) as running:
        for text in ("one", "two"):
            await slack.delivered(await slack.post("general", f"@gateway {text}"))
        both_stored.set()
        await said(slack, "general", "You said: one")
        await said(slack, "general", "You said: two")
        monkeypatch.undo()
        await running.gateway.store.ping()  # company, at last


async def test_a_failing_on_chat_end_does_not_keep_the_session_open(slack: SlackEmulator, tmp_path: Path) -> None:
    def bot() -> None:
        echo()

        @cl.on_chat_end
        def end() -> None:
            raise ValueError("boom")

    async with running_bot(slack, register(bot), tmp_path, session_timeout=0.2, turn_retries=0):
        await slack.post(slack.dm.id, "a")
        await said(slack, slack.dm.id, "You said: a")
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


async def test_what_the_gateway_fills_in_is_read_and_not_written(slack: SlackEmulator, tmp_path: Path) -> None:
    seen: dict[str, Any] = {}
    refused: list[str] = []
    resumed = asyncio.Event()

    def bot() -> None:
        @cl.on_chat_start
        async def start() -> None:
            await cl.ChatSettings([]).send()
            await cl.context.emitter.set_commands([{"id": "search"}])

        @cl.on_message
        async def main(message: cl.Message) -> None:
            cl.user_session.set("mine", 1)
            seen.update(cl.user_session)
            for key in ("id", "user", "env", "chat_settings", "chat_profile"):
                try:
                    cl.user_session.set(key, {})
                except KeyError as error:
                    refused.append(f"{key}: {error}")
            await cl.Message("seen").send()

        @cl.on_chat_resume
        async def resume(thread: dict[str, Any]) -> None:
            seen["resumed"] = thread["metadata"]
            resumed.set()

    async with running_bot(slack, register(bot), tmp_path):
        await slack.post(slack.dm.id, "hi")
        await said(slack, slack.dm.id, "seen")
    assert set(seen) == {
        "id", "user", "env", "chat_profile", "chat_settings", "client_type", "languages", "mine",
        "slack_event", "fetch_slack_message_history", "discord_message", "discord_channel", "teams_turn_context"
    }  # fmt: skip
    assert (seen["env"], seen["chat_settings"], seen["chat_profile"], seen["client_type"]) == ({}, {}, None, "slack")
    assert len(refused) == 5
    async with running_bot(slack, register(bot), tmp_path):
        await slack.post(slack.dm.id, "again")
        await asyncio.wait_for(resumed.wait(), 10)
    assert seen["resumed"] == {"client_type": "slack", "chat_settings": {}, "mine": 1}
