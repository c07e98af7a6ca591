"""Calls of models are steps: the real clients of OpenAI and Mistral, the fake model, and what history keeps of them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from mistralai.client import Mistral
from mistralai.client.chat import Chat
from mistralai.client.fim import Fim

import gateway as cl
from gateway.emulators.models.server import FakeModelServer
from gateway.integrations import NAMES
from gateway.integrations.libraries import Library
from tests.contract.actions import eventually
from tests.contract.history import kept
from tests.contract.reading import reads
from tests.slack.world import slack_world
from tests.support.bot import register, running_bot
from tests.support.models import fake_model_server

__all__ = ["fake_model_server"]

MESSAGES: Any = [{"role": "user", "content": "Say: one two three"}]
TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": "add",
            "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
        },
    }
]


@pytest.fixture(autouse=True)
def instrumented(fake: FakeModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instrument both libraries, twice, for one test."""
    for client in (openai.OpenAI, openai.AsyncOpenAI):
        monkeypatch.setattr(client, "request", client.request)
    for api in (Chat, Fim):
        for name in ("complete", "stream", "complete_async", "stream_async"):
            monkeypatch.setattr(api, name, getattr(api, name))
    for _ in range(2):
        cl.instrument_openai()
        cl.instrument_mistralai()


async def calls(handler: Callable[[], Any], folder: Path) -> list[tuple[str, str, int, Any]]:
    """Let a handler call models; return name, output, whether it failed and the generation of each step."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            try:
                said = await handler()
            except Exception as error:
                said = f"failed: {type(error).__name__}"
            await cl.Message(f"done {said}").send()

    query = 'SELECT name, output, "isError", generation FROM steps WHERE type = \'llm\' ORDER BY "createdAt", rowid'
    async with slack_world() as world, running_bot(world, register(bot), folder):
        post = await world.mention("go")
        await reads(world, post, "done")
        count = "SELECT count(*) FROM steps WHERE type = 'assistant_message'"
        await eventually(lambda: kept(folder, count) == [1])
    return [(name, output, failed, json.loads(made)) for name, output, failed, made in kept(folder, query)]


async def test_a_chat_completion_is_a_step_with_tokens_and_times(tmp_path: Path) -> None:
    async def handler() -> str:
        async with openai.AsyncOpenAI() as client:
            answer = await client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, temperature=0)
        return str(answer.choices[0].message.content)

    [(name, output, failed, generation)] = await calls(handler, tmp_path)
    assert (name, output, failed) == ("gpt-4o-mini", "one two three", 0)
    assert generation["provider"] == "openai"
    assert generation["messages"] == MESSAGES
    assert generation["settings"] == {"temperature": 0}
    assert generation["messageCompletion"] == {"role": "assistant", "content": "one two three"}
    assert (generation["inputTokenCount"], generation["outputTokenCount"], generation["tokenCount"]) == (5, 3, 8)
    assert generation["duration"] > 0
    assert generation["tokenThroughputInSeconds"] > 0


async def test_streams_are_steps_that_end_with_them(tmp_path: Path) -> None:
    async def handler() -> str:
        model: Any = {"model": "gpt-4o-mini", "stream": True, "stream_options": {"include_usage": True}}
        async with openai.AsyncOpenAI() as client:
            parts = await client.chat.completions.create(messages=MESSAGES, **model)
            text = "".join([part.choices[0].delta.content or "" async for part in parts if part.choices])
            async with client.chat.completions.stream(model="gpt-4o-mini", messages=MESSAGES, tools=TOOLS) as events:
                async for _ in events:
                    pass
                final = await events.get_final_completion()
            async with client.responses.stream(model="gpt-4o-mini", input="Say: four five") as response:
                kinds = [event.type async for event in response]
            assert "response.completed" in kinds
        return text + str(final.choices[0].message.content)

    found = await calls(handler, tmp_path)
    assert [output for _, output, _, _ in found] == ["one two three", "one two three", "four five"]
    assert [each[3].get("outputTokenCount") for each in found] == [3, None, 2]
    assert all(each[3]["ttFirstToken"] > 0 for each in found)


async def test_sync_clients_raw_responses_and_completions(tmp_path: Path) -> None:
    def call() -> str:
        with openai.OpenAI() as client:
            client.completions.create(model="davinci", prompt="Say: a b")
            raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=MESSAGES)
            asked: Any = [{"role": "user", "content": "What is 1 + 2?"}]
            for _ in client.chat.completions.create(model="gpt-4o", messages=asked, tools=TOOLS, stream=True):
                pass
            client.responses.create(model="gpt-4o", input="Say: c", instructions="Be kind.")
        return str(raw.parse().choices[0].message.content)

    found = await calls(cl.make_async(call), tmp_path)
    assert [name for name, _, _, _ in found] == ["davinci", "gpt-4o", "gpt-4o", "gpt-4o"]
    assert found[0][3]["completion"] == "a b"
    [called] = found[2][3]["messageCompletion"]["tool_calls"]
    assert called["function"] == {"name": "add", "arguments": '{"a": 1, "b": 2}'}
    assert found[3][3]["messages"][0] == {"role": "system", "content": "Be kind."}


@pytest.mark.parametrize(("model", "error"), [("error-400", "BadRequestError"), ("breaks", "APIError")])
async def test_a_call_that_fails_is_a_step_that_failed(tmp_path: Path, model: str, error: str) -> None:
    async def handler() -> None:
        async with openai.AsyncOpenAI(max_retries=0) as client:
            async for _ in await client.chat.completions.create(model=model, messages=MESSAGES, stream=True):
                pass

    [(_, output, failed, generation)] = await calls(handler, tmp_path)
    assert failed
    assert "model" in output.lower()
    assert generation["error"] == output


async def test_mistrals_calls_are_steps(fake: FakeModelServer, tmp_path: Path) -> None:
    async def handler() -> None:
        async with Mistral(api_key="fake", server_url=fake.origin) as client:
            asked: Any = {"model": "mistral-small-latest", "messages": MESSAGES}
            await client.chat.complete_async(**asked, temperature=0.5)
            async for _ in await client.chat.stream_async(**asked):
                pass

    found = await calls(handler, tmp_path)
    assert [(name, output) for name, output, _, _ in found] == [("mistral-small-latest", "one two three")] * 2
    assert [each[3]["outputTokenCount"] for each in found] == [3, 3]
    assert found[0][3]["settings"] == {"temperature": 0.5}


def test_outside_of_a_handler_nothing_changes() -> None:
    with openai.OpenAI() as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert answer.choices[0].message.content == "one two three"


def test_a_version_out_of_range_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        NAMES,
        "instrument_openai",
        ("gateway.integrations.openai", Library("openai", extra="openai", at_least=(1, 0), below=(1, 5))),
    )
    with pytest.raises(ImportError, match=r"instrument_openai works with openai>=1\.0,<1\.5, but"):
        cl.instrument_openai()
    monkeypatch.setitem(
        NAMES,
        "instrument_openai",
        ("gateway.integrations.openai", Library("not-installed", extra="openai", at_least=(1,), below=(2,))),
    )
    with pytest.raises(ImportError, match=r"pip install 'bot-gateway\[openai\]'"):
        cl.instrument_openai()


def test_importing_the_gateway_imports_no_library() -> None:
    script = "import sys, gateway; print([name for name in ('openai', 'mistralai') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
