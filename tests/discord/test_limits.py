"""Discord's rate limits: what is left may be used, what has to wait waits, and the person sees that the bot works."""

import asyncio
from pathlib import Path

import pytest

import gateway as cl
from gateway.emulators.discord import limits
from gateway.emulators.discord.limits import Rate
from gateway.errors import RateLimited
from gateway.model import Outgoing
from tests.contract.harness import AdapterHarness, serving
from tests.contract.reading import reads, texts
from tests.discord.world import discord_world
from tests.support.bot import register, running_bot


async def test_a_window_of_minutes_with_calls_left_blocks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.RATES, "create_message", Rate(5, 300.0))
    async with discord_world(limits="real") as world, serving(world, tmp_path, AdapterHarness) as harness:
        post, ref = await harness.dm()
        async with asyncio.timeout(5):
            for n in range(5):
                await harness.adapter.send(ref, Outgoing(text=f"n{n}"), key=f"k{n}")
            with pytest.raises(RateLimited) as refused:
                await harness.adapter.send(ref, Outgoing(text="n5"), key="k5")
        assert [each.text for each in harness.said(post)] == [f"n{n}" for n in range(5)]
        assert 290 < refused.value.retry_after <= 300
        # It was not even tried: ten thousand refused calls get a bot banned.
        assert [call.status for call in world.discord.calls_to("create_message")] == [200] * 5


async def test_while_a_message_waits_the_bot_is_typing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.RATES, "create_message", Rate(1, 2.0))

    def twice() -> None:
        @cl.on_message
        async def main(message: cl.Message) -> None:
            await cl.Message("one").send()
            await cl.Message("two").send()

    async with discord_world(limits="real") as world, running_bot(world, register(twice), tmp_path):
        post = await world.dm("go")
        await reads(world, post, "one")
        await world.wait_for(lambda: world.working(post.place), 1.5)
        assert texts(world, post) == ["one"]
        await reads(world, post, "two")
        assert not world.working(post.place)
