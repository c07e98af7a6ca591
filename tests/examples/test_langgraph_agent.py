"""The agent on LangGraph, as it is shipped, with the fake model."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from langchain_openai import ChatOpenAI
from langchain_openai.chat_models._client_utils import _cached_async_httpx_client

from gateway.loading import load_bot
from tests.contract.reading import planned, reads
from tests.contract.world import World
from tests.slack.world import slack_world
from tests.support.bot import running_bot
from tests.support.models import FakeModelServer, fake_model_server

__all__ = ["fake_model_server"]


@pytest.fixture(autouse=True)
def own_client() -> Iterator[None]:
    """Let the model's client, which LangChain keeps for the process, belong to the event loop of the test."""
    _cached_async_httpx_client.cache_clear()
    yield
    _cached_async_httpx_client.cache_clear()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Yield Slack, emulated."""
    async with slack_world() as world:
        yield world


async def test_the_agent_calls_its_tool_and_answers(
    world: World, tmp_path: Path, examples: Path, fake: FakeModelServer
) -> None:
    async with running_bot(world, load_bot(examples / "langgraph_agent.py"), tmp_path):
        post = await world.dm("What is 6 * 7?")
        await reads(world, post, "The result is 42")
        await planned(
            world, post, "✅ LangGraph", "✅ agent", "✅ ChatOpenAI: multiply", "✅ tools", "✅ multiply: 42.0",
            "✅ agent", "✅ ChatOpenAI: The result is 42",
        )  # fmt: skip
    # The client that all models share: else its connection is noticed in whatever test runs when it is collected.
    await ChatOpenAI(model="gpt-4o-mini").root_async_client.close()
