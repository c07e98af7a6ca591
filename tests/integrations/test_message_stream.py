"""``await cl.Message().stream(result)``: the streams of the real libraries, asked of the fake model."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import openai
import pytest
from agents import Agent, OpenAIResponsesModel, Runner, function_tool
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from mistralai.client import Mistral
from pydantic_ai import Agent as PydanticAgent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

import gateway as cl
from gateway.chat.registry import Callbacks
from gateway.emulators.models.server import FakeModelServer
from tests.contract.actions import eventually
from tests.contract.history import kept
from tests.contract.reading import planned, reads
from tests.contract.world import World
from tests.discord.world import discord_world
from tests.slack.world import slack_world
from tests.support.bot import register, running_bot
from tests.support.models import fake_model_server
from tests.teams.world import teams_world

__all__ = ["fake_model_server"]

# The libraries keep clients of their own, which nobody can close before they are collected.
pytestmark = [
    pytest.mark.usefixtures("fake"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
async def collected() -> AsyncIterator[None]:
    """Collect the libraries' clients while their event loop runs."""
    yield
    gc.collect()
    await asyncio.sleep(0)
    gc.collect()


TOOLS = "SELECT name, input, output FROM steps WHERE type = 'tool'"
ADD = "What is 2 + 40?"
ASKED: Any = [{"role": "user", "content": "Say: one two three"}]


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def answering(make: Callable[[], Awaitable[Any]]) -> Callbacks:
    """A bot that streams what ``make`` returns."""

    def bot() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            try:
                answer = await cl.Message().stream(await make())
            except (openai.APIError, ValueError, TypeError) as error:
                await cl.Message(f"failed: {error}").send()
            else:
                await cl.Message(f"said {answer.content!r}").send()

    return register(bot)


async def texts() -> AsyncIterator[str]:
    for word in ("one ", "two ", "three"):
        yield word


def sync_texts() -> Iterator[str]:
    yield from ("one ", "two ", "three")


async def made(value: Any) -> Any:
    return value


async def chat() -> Any:
    return await openai.AsyncOpenAI().chat.completions.create(model="m", messages=ASKED, stream=True)


async def sync_chat() -> Any:
    create = cl.make_async(openai.OpenAI().chat.completions.create)
    return await create(model="m", messages=ASKED, stream=True)


async def chat_events() -> Any:
    return openai.AsyncOpenAI().chat.completions.stream(model="m", messages=ASKED)


async def responses() -> Any:
    return await openai.AsyncOpenAI().responses.create(model="m", input="Say: one two three", stream=True)


async def mistral() -> Any:
    client = Mistral(api_key="fake", server_url=os.environ["MISTRAL_SERVER_URL"])
    return await client.chat.stream_async(model="mistral-small-latest", messages=ASKED)


def chat_model() -> ChatOpenAI:
    """LangChain's model with a client of its own: the one it shares would keep connections of other tests' loops."""
    return ChatOpenAI(model="m", http_async_client=openai.DefaultAsyncHttpxClient())


def graph() -> Any:
    return create_agent(chat_model(), [add])


async def langchain() -> Any:
    return chat_model().astream("Say: one two three")


TEXTS: dict[str, Callable[[], Awaitable[Any]]] = {
    "texts": lambda: made(texts()),
    "sync": lambda: made(sync_texts()),
    "list": lambda: made(["one ", "two ", "three"]),
    "chat": chat,
    "sync chat": sync_chat,
    "chat events": chat_events,
    "responses": responses,
    "mistral": mistral,
    "langchain": langchain,
}


async def test_streams_of_text_are_the_message(tmp_path: Path) -> None:
    sources = iter(TEXTS.values())
    async with slack_world() as world, running_bot(world, answering(lambda: next(sources)()), tmp_path):
        for _ in TEXTS:
            post = await world.mention("go")
            await reads(world, post, "said 'one two three'")
            assert [each.text for each in world.said(post.place) if each.text == "one two three"] == ["one two three"]


async def agents() -> Any:
    model = OpenAIResponsesModel("m", openai.AsyncOpenAI())
    return Runner.run_streamed(Agent(name="A", model=model, tools=[function_tool(add)]), ADD)


async def pydantic_events() -> Any:
    model = OpenAIChatModel("m", provider=OpenAIProvider(openai_client=openai.AsyncOpenAI()))
    return PydanticAgent(model, tools=[add]).run_stream_events(ADD)


async def graph_messages() -> Any:
    return graph().astream({"messages": [("user", ADD)]}, stream_mode="messages")


async def graph_updates() -> Any:
    return graph().astream({"messages": [("user", ADD)]})


async def graph_events() -> Any:
    return graph().astream_events({"messages": [("user", ADD)]}, version="v2")


AGENTS = (agents, pydantic_events, graph_messages, graph_updates, graph_events)


async def test_tools_of_agents_are_steps_with_input_and_output(tmp_path: Path) -> None:
    sources = iter(AGENTS)

    def has_kept(count: int) -> bool:
        return len(kept(tmp_path, TOOLS)) == count

    async with slack_world() as world, running_bot(world, answering(lambda: next(sources)()), tmp_path):
        for count, _ in enumerate(AGENTS, 1):
            post = await world.mention("go")
            await reads(world, post, "said 'The result is 42.'")
            await eventually(partial(has_kept, count))
        for name, given, output in kept(tmp_path, TOOLS):
            assert (name, "".join(given.split()), output) == ("add", '{"a":2,"b":40}', "42")


async def pydantic_text() -> Any:
    model = OpenAIChatModel("m", provider=OpenAIProvider(openai_client=openai.AsyncOpenAI()))
    return PydanticAgent(model, tools=[add]).run_stream(ADD)


@pytest.mark.parametrize("world_of", [slack_world, discord_world, teams_world])
async def test_on_every_platform(world_of: Any, tmp_path: Path) -> None:
    sources = iter((agents, pydantic_text))
    world: World
    async with world_of() as world, running_bot(world, answering(lambda: next(sources)()), tmp_path):
        post = await world.mention("go")
        await planned(world, post, "✅ add: 42")
        await reads(world, post, "The result is 42.")
        await reads(world, post, "said 'The result is 42.'")


async def test_an_error_in_the_middle_leaves_what_was_streamed(tmp_path: Path) -> None:
    async def breaks() -> Any:
        return await openai.AsyncOpenAI().chat.completions.create(model="breaks", messages=ASKED, stream=True)

    async with slack_world() as world, running_bot(world, answering(breaks), tmp_path):
        post = await world.mention("go")
        await reads(world, post, "failed: The model breaks here.")
        assert world.said(post.place)[0].text.strip() == "one two"


async def test_what_is_no_stream_is_refused(tmp_path: Path) -> None:
    async with slack_world() as world, running_bot(world, answering(lambda: made([7])), tmp_path):
        post = await world.mention("go")
        await reads(world, post, "failed: Message.stream() does not know int")


async def test_stop_ends_the_stream_at_the_model(fake: FakeModelServer, tmp_path: Path) -> None:
    async def hangs() -> Any:
        return await openai.AsyncOpenAI().chat.completions.create(model="hangs", messages=ASKED, stream=True)

    async with slack_world() as world, running_bot(world, answering(hangs), tmp_path):
        post = await world.dm("go")
        await eventually(lambda: fake.model.hanging == 1)
        await world.wait_for(lambda: world.said(post.place))
        await world.dm("/stop")
        await eventually(lambda: fake.model.hanging == 0)
        assert world.said(post.place)[0].text.startswith("one")
