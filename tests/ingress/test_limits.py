"""Bounds that keep one from holding up all: what waits takes no place, and a bound that is met is named by ``/readyz``
and once in the log."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import gateway as cl
from gateway.drivers.slack.reading import said, texts
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.ingress import queues
from tests.support.bot import register, running_bot


async def limits(url: str) -> tuple[int, dict[str, str]]:
    async with aiohttp.ClientSession() as client, client.get(f"{url}/readyz") as answer:
        return answer.status, (await answer.json())["limits"]


def asking(answers: list[Any], **options: Any) -> Any:
    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            if message.content.startswith("ask"):
                answer = await cl.AskUserMessage(f"What {message.content}?", **options).send()
                answers.append((message.content, answer and answer["output"]))
            await cl.Message(f"re {message.content}").send()

    return register(bot)


async def test_any_number_of_open_questions_holds_nobody_up(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "QUEUES_LIMIT", 20)
    count = 200
    answers: list[Any] = []
    async with running_bot(slack, asking(answers, timeout=300), tmp_path, running_turns=5, live_sessions=20) as running:
        roots = [await slack.post("general", f"@gateway ask {n}") for n in range(count)]
        await slack.wait_for(lambda: len(texts(slack, "general")) == count or None, 60)
        other = await slack.post("general", "@gateway hello")
        await said(slack, "general", "re hello", thread=other)
        for n in (0, 100, count - 1):
            await slack.post("general", f"answer {n}", thread_ts=roots[n])
            await said(slack, "general", f"re ask {n}", thread=roots[n])
        status, _ = await limits(running.url)
    assert status == 200
    assert answers == [(f"ask {n}", f"answer {n}") for n in (0, 100, count - 1)]


async def test_what_waited_for_room_comes_when_others_begin_to_wait(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "QUEUES_LIMIT", 2)
    go, answers = asyncio.Event(), []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await go.wait()
            answers.append(await cl.AskUserMessage(f"What {message.content}?", timeout=300).send())

    async with running_bot(slack, register(bot), tmp_path) as running:
        for n in range(8):
            await slack.delivered(await slack.post("general", f"@gateway {n}"))
        _, met = await limits(running.url)
        go.set()
        await slack.wait_for(lambda: len(texts(slack, "general")) == 8 or None, 9)
    assert "2 conversations" in met["conversations"]


async def test_the_oldest_question_to_a_person_is_closed_when_there_are_too_many(
    slack: SlackEmulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[Any] = []
    async with running_bot(
        slack, asking(answers, timeout=300), tmp_path, questions_per_person=2, session_rest=900
    ) as running:
        roots = []
        for n in range(4):
            roots.append(await slack.post("general", f"@gateway ask {n}"))
            await said(slack, "general", f"What ask {n}?", thread=roots[n])
        for n in range(2):
            await said(slack, "general", f"re ask {n}", thread=roots[n])
        await slack.post("general", "here", thread_ts=roots[3])
        await said(slack, "general", "re ask 3", thread=roots[3])
        status, met = await limits(running.url)
    assert answers == [("ask 0", None), ("ask 1", None), ("ask 3", "here")]
    assert status == 200
    assert "2 questions to one person" in met["GATEWAY_QUESTIONS_PER_PERSON"]
    assert caplog.text.count("limit.met") == 1


async def test_one_persons_turns_leave_room_for_others(
    slack: SlackEmulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    go, begun = asyncio.Event(), []
    grace = slack.grace.id

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            begun.append(message.content)
            if message.content.startswith("slow"):
                await go.wait()
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path, running_turns=3, turns_per_person=2) as running:
        slow = [await slack.post("general", f"@gateway slow {n}") for n in range(5)]
        for root in slow:
            await slack.delivered(root)
        other = await slack.post("general", "@gateway hello", user=grace)
        await said(slack, "general", "re hello", thread=other)
        assert begun == ["slow 0", "slow 1", "hello"]
        _, met = await limits(running.url)
        go.set()
        for n, root in enumerate(slow):
            await said(slack, "general", f"re slow {n}", thread=root)
    assert "2 turns of one person" in met["GATEWAY_TURNS_PER_PERSON"]
    assert caplog.text.count("limit.met") == 1


async def test_a_turn_with_another_behind_it_does_not_wait_for_company_at_its_end(
    slack: SlackEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, soon = asyncio.Event(), []

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await go.wait()
            await cl.Message(f"re {message.content}").send()

    async with running_bot(slack, register(bot), tmp_path) as running:
        store = running.gateway.store
        finish = store.finish

        async def noted(*args: Any, **options: Any) -> None:
            soon.append(options.get("soon", False))
            await finish(*args, **options)

        monkeypatch.setattr(store, "finish", noted)
        root = await slack.post("general", "@gateway 0")
        await slack.delivered(root)
        for n in range(1, 4):
            await slack.delivered(await slack.post("general", str(n), thread_ts=root))
        go.set()
        await said(slack, "general", "re 3", thread=root)
        await slack.wait_for(lambda: len(soon) == 4 or None)
    assert soon == [True, True, True, False]
