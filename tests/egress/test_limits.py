"""Limiter, retries and keyed locks, on a clock that only moves when everybody waits."""

import asyncio
from itertools import pairwise

import pytest

from gateway.egress.limiter import Limiter, Route
from gateway.egress.locks import KeyedLocks
from gateway.egress.retry import RetryPolicy, retrying
from gateway.errors import Gone, RateLimited, Rejected, Unavailable
from tests.egress.platform import Time


def route(channel: str = "C1", method: str = "send") -> Route:
    return Route("plain", method, "W1", channel)


def make() -> tuple[Time, Limiter]:
    time = Time()
    return time, Limiter(clock=time.clock, sleep=time.sleep)


async def test_a_free_bucket_does_not_wait() -> None:
    time, limiter = make()
    assert await limiter.wait(route())
    limiter.block("b", 10, route("C1"))
    assert await limiter.wait(route("C2"))
    assert await limiter.wait(route("C1", "edit"))
    assert time.now == 1000.0
    assert limiter.blocked(route("C1"))
    assert not limiter.blocked(route("C2"))


async def test_waiters_leave_first_come_first_served_and_apart() -> None:
    time, limiter = make()
    limiter.block("b", 10, route())
    left: list[tuple[int, float]] = []

    async def one(number: int) -> None:
        assert await limiter.wait(route())
        left.append((number, time.now))

    await time.run(asyncio.gather(*(one(number) for number in range(5))))
    assert [number for number, _ in left] == [0, 1, 2, 3, 4]
    moments = [moment for _, moment in left]
    assert moments[0] >= 1010.0
    assert all(later - earlier >= 0.0999 for earlier, later in pairwise(moments))


async def test_hitting_the_wall_again_holds_all_and_widens_the_gap() -> None:
    time, limiter = make()
    limiter.block("b", 1, route())
    left: list[float] = []

    async def one(number: int) -> None:
        assert await limiter.wait(route())
        left.append(time.now)
        if number == 0:
            limiter.block("b", 5, route())

    await time.run(asyncio.gather(*(one(number) for number in range(3))))
    assert left[1] >= left[0] + 5
    assert left[2] - left[1] >= 0.1999


async def test_a_second_place_in_the_same_bucket_means_every_place() -> None:
    time, limiter = make()
    limiter.block("global", 10, route("C1"))
    assert not limiter.blocked(route("C3"))
    limiter.block("global", 10, route("C2"))
    assert limiter.blocked(route("C3"))
    assert not limiter.blocked(route("C3", "edit"))
    assert not limiter.blocked(Route("plain", "send", "W2", "C3"))
    await time.run(limiter.wait(route("C3")))
    assert time.now >= 1010


async def test_nothing_is_kept_once_time_passed_and_nobody_waits() -> None:
    time, limiter = make()
    limiter.block("b", 1, route())
    limiter.block("c", 1, route("C2"))
    assert limiter.blocked(route("C2"))
    await time.run(asyncio.gather(limiter.wait(route()), limiter.wait(route())))
    assert limiter.idle
    assert not limiter._routes


async def test_a_waiter_that_is_cancelled_lets_the_next_go() -> None:
    time, limiter = make()
    limiter.block("b", 1, route())
    first, second = (asyncio.ensure_future(limiter.wait(route())) for _ in range(2))
    await time.settle()
    first.cancel()
    assert await time.run(second)
    assert limiter.idle


async def test_a_wait_beyond_the_deadline_ends_at_once() -> None:
    time, limiter = make()
    limiter.block("b", 60, route())
    assert not await limiter.wait(route(), deadline=1030)
    assert time.now == 1000.0


class Script:
    """A call that ends as told, again and again."""

    def __init__(self, *ends: Exception | str) -> None:
        self.ends = list(ends)
        self.tries = 0

    async def __call__(self) -> str:
        self.tries += 1
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


async def test_a_rate_limit_is_waited_out_and_does_not_count() -> None:
    time, limiter = make()
    script = Script(*[RateLimited(3, "b")] * 10, "done")
    policy = RetryPolicy(attempts=1)
    assert await time.run(retrying(script, policy=policy, limiter=limiter, route=route())) == "done"
    assert script.tries == 11
    assert 1030 <= time.now < 1035


async def test_rate_limits_end_at_the_deadline() -> None:
    time, limiter = make()
    script = Script(*[RateLimited(40, "b")] * 100)
    with pytest.raises(RateLimited):
        await time.run(retrying(script, policy=RetryPolicy(deadline=100), limiter=limiter, route=route()))
    assert script.tries == 3
    assert time.now <= 1100


async def test_unavailable_is_retried_with_bounded_backoff() -> None:
    time, limiter = make()
    script = Script(*[Unavailable("502")] * 4, "done")
    assert await time.run(retrying(script, policy=RetryPolicy(), limiter=limiter, route=route())) == "done"
    assert time.now <= 1000 + 0.5 + 1 + 2 + 4
    script = Script(*[Unavailable("502")] * 9)
    with pytest.raises(Unavailable):
        await time.run(retrying(script, policy=RetryPolicy(), limiter=limiter, route=route()))
    assert script.tries == 5


@pytest.mark.parametrize("error", [Rejected("no"), Gone("away"), ValueError("bug")])
async def test_everything_else_is_raised_at_once(error: Exception) -> None:
    _, limiter = make()
    script = Script(error)
    with pytest.raises(type(error)):
        await retrying(script, policy=RetryPolicy(), limiter=limiter, route=route())
    assert script.tries == 1


def test_backoff_grows_to_its_cap() -> None:
    policy = RetryPolicy(base=0.5, cap=10)
    for failures, bound in [(1, 0.5), (2, 1.0), (5, 8.0), (6, 10.0), (20, 10.0)]:
        pauses = [policy.backoff(failures) for _ in range(200)]
        assert max(pauses) <= bound
        assert max(pauses) > bound / 2


async def test_keyed_locks_keep_order_and_leave_nothing_behind() -> None:
    locks, order = KeyedLocks(), list[int]()
    gate = asyncio.Event()

    async def one(number: int) -> None:
        async with locks.hold("c"):
            await gate.wait()
            order.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(5)]
    async with locks.hold("other"):
        assert len(locks) == 1
    await asyncio.sleep(0)
    assert len(locks) == 1
    tasks[0].cancel()
    tasks[2].cancel()
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [1, 3, 4]
    assert len(locks) == 0
