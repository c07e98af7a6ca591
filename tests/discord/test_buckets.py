"""Rate-limit buckets: only what finds nothing left waits, in order, and no longer than it may."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.discord.buckets import Bucket
from adapters.discord.sdk import discord


def answered(bucket: Bucket, *, limit: int, remaining: int, after: float) -> None:
    """What an answer's headers say."""
    headers = {
        "X-Ratelimit-Limit": str(limit),
        "X-Ratelimit-Remaining": str(remaining),
        "X-Ratelimit-Reset-After": str(after),
    }
    response: Any = SimpleNamespace(headers=headers)
    bucket.update(response)


async def call(bucket: Bucket, **says: Any) -> None:
    async with bucket:
        await asyncio.sleep(0)
        answered(bucket, **says)


async def test_a_long_window_with_calls_left_holds_nobody_up() -> None:
    bucket = Bucket(30.0)
    async with asyncio.timeout(1):
        await call(bucket, limit=5, remaining=4, after=600.0)
        for left in (3, 2, 1, 0):
            await call(bucket, limit=5, remaining=left, after=600.0)
        with pytest.raises(discord.RateLimited) as refused:
            await call(bucket, limit=5, remaining=0, after=600.0)
    assert refused.value.retry_after == pytest.approx(600.0, abs=1.0)


async def test_the_call_that_takes_the_last_one_is_answered_at_once_and_the_next_waits() -> None:
    bucket = Bucket(30.0)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(1):
        began = loop.time()
        await call(bucket, limit=1, remaining=0, after=0.2)
        assert loop.time() - began < 0.1
        await call(bucket, limit=1, remaining=0, after=0.2)
        assert loop.time() - began > 0.19


async def test_those_who_wait_go_in_order_and_no_more_than_may() -> None:
    bucket = Bucket(30.0)
    went: list[int] = []
    most = 0

    async def one(n: int) -> None:
        nonlocal most
        async with bucket:
            went.append(n)
            most = max(most, bucket.outgoing)
            await asyncio.sleep(0.001)
            answered(bucket, limit=3, remaining=max(2 - len(went) % 3, 0), after=0.02)

    async with asyncio.timeout(5):
        await asyncio.gather(*(one(n) for n in range(20)))
    assert went == list(range(20))
    assert most <= 3
    assert not bucket._pending_requests


async def test_before_the_first_answer_one_goes_ahead() -> None:
    bucket = Bucket(30.0)
    release = asyncio.Event()
    inside = 0

    async def one() -> None:
        nonlocal inside
        async with bucket:
            inside += 1
            await release.wait()

    tasks = [asyncio.create_task(one()) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert inside == 1
    release.set()  # its answer has no headers: nothing is known still, and nobody is left behind
    await asyncio.wait_for(asyncio.gather(*tasks), 1)
    assert (inside, bucket.outgoing) == (3, 0)


async def test_who_waits_for_too_long_a_window_is_told() -> None:
    bucket = Bucket(30.0)
    async with bucket:
        waiting = [asyncio.create_task(call(bucket, limit=1, remaining=0, after=0.0)) for _ in range(3)]
        await asyncio.sleep(0.01)
        answered(bucket, limit=1, remaining=0, after=90.0)
    results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 1)
    assert all(isinstance(each, discord.RateLimited) for each in results)


async def test_who_gives_up_waiting_holds_up_nobody() -> None:
    bucket = Bucket(30.0)
    await call(bucket, limit=1, remaining=0, after=0.05)
    first, second = (asyncio.create_task(call(bucket, limit=1, remaining=1, after=0.05)) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    await asyncio.wait_for(second, 1)
    assert (await asyncio.gather(first, return_exceptions=True))[0].__class__ is asyncio.CancelledError
    bucket.remaining = 0
    bucket.expires = asyncio.get_running_loop().time() + 5
    third, fourth = (asyncio.create_task(call(bucket, limit=1, remaining=1, after=5)) for _ in range(2))
    await asyncio.sleep(0.01)
    bucket.remaining = 1
    bucket._arrange()
    third.cancel()  # in the same moment its turn came
    await asyncio.wait_for(fourth, 1)
    assert third.cancelled() or (await asyncio.gather(third, return_exceptions=True))
