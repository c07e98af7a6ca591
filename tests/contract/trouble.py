"""When the platform fails: each failure is named by what its catcher does next, and an outage is got over."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from gateway.adapter import Adapter, AdapterContext
from gateway.errors import Forbidden, Gone, RateLimited, SettingsError, Unavailable
from gateway.model import Accepted, ConversationRef, Envelope, Outgoing, Receipt
from tests.contract.harness import AdapterHarness, HouseContract
from tests.contract.world import Method, Trouble, World

BROKEN: tuple[Trouble, ...] = ("server_error", "disconnected")
LONG_WAIT = 60
"""Seconds: longer than any SDK may sleep by itself."""


async def healthy(adapter: Adapter) -> None:
    """Wait until the adapter says that it reaches its platform."""
    async with asyncio.timeout(20):
        while adapter.health() is not None:
            await asyncio.sleep(0.01)  # nothing tells when it has read the platform's answer


async def never(envelope: Envelope) -> Accepted:
    raise AssertionError("nothing is delivered here")


class TroubleContract(HouseContract):
    """Checks what an adapter makes of a platform's failures; ``AdapterContract`` includes it."""

    async def attempt(self, harness: AdapterHarness, method: Method, ref: ConversationRef, receipt: Receipt) -> None:
        if method == "send":
            await harness.adapter.send(ref, Outgoing(text="new"), key="k2")
        else:
            await harness.adapter.edit(receipt, Outgoing(text="newer"))

    @pytest.mark.parametrize("method", ["send", "edit"])
    async def test_failures_say_what_to_do(self, harness: AdapterHarness, method: Method) -> None:
        _, ref = await harness.mention()
        receipt = await harness.adapter.send(ref, Outgoing(text="x"), key="k1")
        harness.world.fail_next(method, "rate_limited", retry_after=LONG_WAIT)
        with pytest.raises(RateLimited) as limited:
            await self.attempt(harness, method, ref, receipt)
        assert LONG_WAIT - 5 <= limited.value.retry_after <= LONG_WAIT
        assert limited.value.bucket
        for trouble in BROKEN:
            harness.world.fail_next(method, trouble)
            with pytest.raises(Unavailable):
                await self.attempt(harness, method, ref, receipt)
        harness.world.fail_next(method, "forbidden")
        with pytest.raises(Forbidden, match=harness.world.facts.permission):
            await self.attempt(harness, method, ref, receipt)
        harness.world.fail_next(method, "gone")
        with pytest.raises(Gone):
            await self.attempt(harness, method, ref, receipt)
        await self.attempt(harness, method, ref, receipt)

    async def test_a_failed_delete_is_said_and_a_second_one_works(self, harness: AdapterHarness) -> None:
        post, ref = await harness.mention()
        receipt = await harness.adapter.send(ref, Outgoing(text="x"), key="k1")
        harness.world.fail_next("delete", "server_error")
        with pytest.raises(Unavailable):
            await harness.adapter.delete(receipt)
        await harness.adapter.delete(receipt)
        assert harness.said(post) == []

    async def test_a_call_that_failed_before_its_effect_had_none(self, harness: AdapterHarness) -> None:
        post, ref = await harness.mention()
        for trouble in BROKEN:
            harness.world.fail_next("send", trouble)
            with pytest.raises(Unavailable):
                await harness.adapter.send(ref, Outgoing(text="x"), key="k")
        assert harness.said(post) == []

    async def test_a_refused_token_names_its_setting(self, world: World) -> None:
        adapter = world.adapter(AdapterContext(), wrong_token=True)
        with pytest.raises(SettingsError, match=world.facts.token_setting):
            async with adapter.connect(never):
                pass

    async def test_no_platform_at_start_is_said_and_got_over(self, world: World) -> None:
        adapter = world.adapter(AdapterContext())
        async with AsyncExitStack() as stack:
            async with world.unreachable():
                await stack.enter_async_context(adapter.connect(never))
                assert adapter.health()
            await healthy(adapter)

    async def test_an_outage_is_got_over(self, harness: AdapterHarness) -> None:
        world = harness.world
        post, ref = await harness.mention()
        async with world.unreachable():
            with pytest.raises(Unavailable):
                await harness.adapter.send(ref, Outgoing(text="lost"), key="k")
        await world.connected()
        await harness.adapter.send(ref, Outgoing(text="back"), key="k2")
        assert [message.text for message in harness.said(post)] == ["back"]
        await harness.take(await world.reply(post, "still there?"))
