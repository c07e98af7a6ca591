"""When the platform fails: each failure is named by what its catcher does next, and an outage is got over."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from gateway.adapter import Adapter, Surroundings
from gateway.errors import Forbidden, Gone, RateLimited, SettingsError, Unavailable
from gateway.model import Accepted, ConversationRef, Envelope, Outgoing, Receipt
from tests.contract.house import House, HouseContract
from tests.contract.world import Method, Trouble, World

BROKEN: tuple[Trouble, ...] = ("server_error", "disconnected")
LONG_WAIT = 60
"""Seconds: longer than any SDK may sleep by itself."""


async def healthy(adapter: Adapter) -> None:
    """Until the adapter says it reaches its platform."""
    async with asyncio.timeout(20):
        while adapter.health() is not None:
            await asyncio.sleep(0.01)  # nothing tells when it has read the platform's answer


async def never(envelope: Envelope) -> Accepted:
    raise AssertionError("nothing is delivered here")


class TroubleContract(HouseContract):
    """Part of ``AdapterContract``."""

    async def attempt(self, house: House, method: Method, ref: ConversationRef, receipt: Receipt) -> None:
        if method == "send":
            await house.adapter.send(ref, Outgoing(text="new"), key="k2")
        else:
            await house.adapter.edit(receipt, Outgoing(text="newer"))

    @pytest.mark.parametrize("method", ["send", "edit"])
    async def test_failures_say_what_to_do(self, house: House, method: Method) -> None:
        _, ref = await house.mention()
        receipt = await house.adapter.send(ref, Outgoing(text="x"), key="k1")
        house.world.fail_next(method, "rate_limited", retry_after=LONG_WAIT)
        with pytest.raises(RateLimited) as limited:
            await self.attempt(house, method, ref, receipt)
        assert LONG_WAIT - 5 <= limited.value.retry_after <= LONG_WAIT
        assert limited.value.bucket
        for trouble in BROKEN:
            house.world.fail_next(method, trouble)
            with pytest.raises(Unavailable):
                await self.attempt(house, method, ref, receipt)
        house.world.fail_next(method, "forbidden")
        with pytest.raises(Forbidden, match=house.world.facts.permission):
            await self.attempt(house, method, ref, receipt)
        house.world.fail_next(method, "gone")
        with pytest.raises(Gone):
            await self.attempt(house, method, ref, receipt)
        await self.attempt(house, method, ref, receipt)

    async def test_a_failed_delete_is_said_and_a_second_one_works(self, house: House) -> None:
        post, ref = await house.mention()
        receipt = await house.adapter.send(ref, Outgoing(text="x"), key="k1")
        house.world.fail_next("delete", "server_error")
        with pytest.raises(Unavailable):
            await house.adapter.delete(receipt)
        await house.adapter.delete(receipt)
        assert house.said(post) == []

    async def test_a_call_that_failed_before_its_effect_had_none(self, house: House) -> None:
        post, ref = await house.mention()
        for trouble in BROKEN:
            house.world.fail_next("send", trouble)
            with pytest.raises(Unavailable):
                await house.adapter.send(ref, Outgoing(text="x"), key="k")
        assert house.said(post) == []

    async def test_a_refused_token_names_its_setting(self, world: World) -> None:
        adapter = world.adapter(Surroundings(), wrong_token=True)
        with pytest.raises(SettingsError, match=world.facts.token_setting):
            async with adapter.connect(never):
                pass

    async def test_no_platform_at_start_is_said_and_got_over(self, world: World) -> None:
        adapter = world.adapter(Surroundings())
        async with AsyncExitStack() as stack:
            async with world.unreachable():
                await stack.enter_async_context(adapter.connect(never))
                assert adapter.health()
            await healthy(adapter)

    async def test_an_outage_is_got_over(self, house: House) -> None:
        world = house.world
        post, ref = await house.mention()
        async with world.unreachable():
            with pytest.raises(Unavailable):
                await house.adapter.send(ref, Outgoing(text="lost"), key="k")
        await world.connected()
        await house.adapter.send(ref, Outgoing(text="back"), key="k2")
        assert [message.text for message in house.said(post)] == ["back"]
        await house.take(await world.reply(post, "still there?"))
