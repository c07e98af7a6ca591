"""The assistant against a model server on loopback that speaks OpenAI's protocol."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.drivers.slack.reading import said, shown
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.loading import load_bot
from tests.contract.reading import reads
from tests.contract.world import World
from tests.support.bot import running_bot
from tests.support.model import ScriptedModel, serving_model


@pytest.fixture
async def model(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ScriptedModel]:
    model = ScriptedModel(lambda asked: f"You asked: **{asked['messages'][-1]['content']}**")
    async with serving_model(model) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-made-up")
        monkeypatch.setenv("MODEL", "tiny")
        yield model
        if (bot := sys.modules.pop("openai_stream", None)) is not None:
            await bot.client.close()  # else its connections are noticed in whatever test runs when they are collected


@pytest.fixture
async def bot(slack: SlackEmulator, model: Any, examples: Any, tmp_path: Path) -> Any:
    async with running_bot(slack, load_bot(examples / "openai_stream.py"), tmp_path) as running:
        yield running


async def test_it_streams_the_models_words_as_they_come(slack: SlackEmulator, model: Any, bot: Any) -> None:
    model.go_on.clear()
    root = await slack.post("general", "@gateway why is the sky blue?")
    await slack.wait_for(lambda: slack.calls_to("chat.startStream"))  # the model has said one word so far
    model.go_on.set()
    answer = await said(slack, "general", "blue?", thread=root)
    assert shown(answer) == "You asked: **why is the sky blue?**"
    (asked,) = model.requests
    assert asked["model"] == "tiny"
    assert asked["stream"] is True
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]
    assert asked["messages"][-1]["content"] == "why is the sky blue?"
    assert model.keys == ["Bearer sk-made-up"]


async def test_the_second_question_comes_with_the_first_and_its_answer(
    slack: SlackEmulator, model: Any, bot: Any
) -> None:
    root = await slack.post("general", "@gateway one")
    await said(slack, "general", "**one**", thread=root)
    await slack.post("general", "two", thread_ts=root)
    await said(slack, "general", "**two**", thread=root)
    assert model.requests[1]["messages"][1:] == [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "You asked: **one**"},
        {"role": "user", "content": "two"},
    ]


async def test_another_conversation_knows_nothing_of_it(slack: SlackEmulator, model: Any, bot: Any) -> None:
    await slack.post("general", "@gateway one")
    await said(slack, "general", "**one**")
    await slack.post("general", "@gateway two")
    await said(slack, "general", "**two**")
    assert [message["content"] for message in model.requests[1]["messages"][1:]] == ["two"]


async def test_a_turn_that_failed_runs_again_and_asks_its_question_once(
    slack: SlackEmulator, model: Any, bot: Any
) -> None:
    root = await slack.post("general", "@gateway one")
    await said(slack, "general", "**one**", thread=root)
    model.fail_next = True
    await slack.post("general", "two", thread_ts=root)
    await said(slack, "general", "**two**", thread=root)
    failed, again = model.requests[1:]
    assert again == failed
    assert [message["content"] for message in again["messages"][1:]] == ["one", "You asked: **one**", "two"]


async def test_it_answers_on_every_platform(world: World, model: ScriptedModel, examples: Path, tmp_path: Path) -> None:
    async with running_bot(world, load_bot(examples / "openai_stream.py"), tmp_path):
        post = await world.mention("one")
        await reads(world, post, "You asked:")
        await world.reply(post, "two")
        await world.wait_for(lambda: len([said for said in world.said(post.place) if "You asked:" in said.text]) == 2)
    assert [message["content"] for message in model.requests[1]["messages"][1:]] == [
        "one", "You asked: **one**", "two",
    ]  # fmt: skip
