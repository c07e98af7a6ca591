"""Several replicas send to one platform: they share its limits, and one that lost its lease sends nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from gateway.adapter import Adapter
from gateway.egress import Limiter, RetryPolicy, Sender
from gateway.egress.limiter import Route
from gateway.errors import Fenced, RateLimited, Unavailable
from gateway.model import Outgoing
from tests.egress.platform import TO, USER, Fault, Lost, Plain, Streaming, Time, count
from tests.support.cluster import Replica, Replicas

HERE, ELSEWHERE = Route("plain", "send", "W1", "C1"), Route("plain", "send", "W1", "C2")


def limiters(number: int) -> tuple[Time, list[Limiter]]:
    time, replicas = Time(), Replicas()
    return time, [Limiter(clock=time.clock, sleep=time.sleep, cluster=replicas.join()) for _ in range(number)]


def make(adapter: Adapter) -> tuple[Time, Replica, Sender]:
    time, replica = Time(), Replicas().join()
    limiter = Limiter(clock=time.clock, sleep=time.sleep, cluster=replica)
    return time, replica, Sender({"plain": adapter}, policy=RetryPolicy(), limiter=limiter, cluster=replica)


async def test_all_wait_once_one_was_refused() -> None:
    time, (first, second, third) = limiters(3)
    first.block("b", 10, HERE)
    await time.settle()
    assert second.blocked(HERE) and third.blocked(HERE)
    assert not second.blocked(ELSEWHERE)
    await time.run(second.wait(HERE))
    assert time.now >= 1010


async def test_two_places_of_a_bucket_that_two_replicas_met_are_every_place_for_all() -> None:
    time, (first, second) = limiters(2)
    first.block("global", 10, HERE)
    second.block("global", 10, ELSEWHERE)
    await time.settle()
    for limiter in (first, second):
        assert limiter.blocked(HERE._replace(channel="C3"))


async def test_others_are_told_once_of_the_same_refusal() -> None:
    time, replicas = Time(), Replicas()
    limiter = Limiter(clock=time.clock, sleep=time.sleep, cluster=replicas.join())
    for _ in range(5):
        limiter.block("b", 10, HERE)
    limiter.block("b", 20, HERE)
    assert [body["seconds"] for _, body in replicas.told] == [10, 20]


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_together_they_let_calls_go_no_faster_than_one_alone(number: int) -> None:
    time, all = limiters(number)
    all[0].block("b", 10, HERE)
    await time.settle()
    left: list[list[float]] = [[] for _ in all]

    async def one(at: int) -> None:
        assert await all[at].wait(HERE)
        left[at].append(time.now)

    await time.run(asyncio.gather(*(one(at) for at in range(number) for _ in range(5))))
    for moments in left:
        assert 1010 <= moments[0] <= 1010.1 * number + 0.1
        assert all_apart(moments, 0.0999 * number)


def all_apart(moments: list[float], seconds: float) -> bool:
    return all(later - earlier >= seconds for earlier, later in pairwise(moments))


async def test_a_replica_without_a_lease_sends_edits_and_deletes_nothing() -> None:
    platform = Plain()
    _, replica, sender = make(platform)
    receipts = await sender.put(TO, Outgoing(text="before"), key="a")
    replica.fence()
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: sender.put(TO, Outgoing(text="after"), key="b"),
        lambda: sender.edit(receipts[0], Outgoing(text="after")),
        lambda: sender.delete(receipts),
    ]
    for call in calls:
        with pytest.raises(Fenced):
            await call()
    await sender.status(TO, "thinking")
    assert (platform.texts(), platform.calls) == (["before"], ["send"])
    replica.rejoin()
    await sender.put(TO, Outgoing(text="again"), key="c")
    assert platform.texts() == ["before", "again"]


@pytest.mark.parametrize("trouble", [RateLimited(5, "send"), Unavailable("502"), Lost()])
async def test_nothing_is_tried_again_once_the_lease_is_lost(trouble: Fault) -> None:
    platform = Plain()
    platform.fail("send", trouble)
    time, replica, sender = make(platform)
    sending = asyncio.ensure_future(sender.put(TO, Outgoing(text="one"), key="a"))
    await time.settle()
    replica.fence()
    with pytest.raises(Fenced):
        await time.run(sending)
    assert count(platform.calls, "send") == 1


async def test_a_stream_stops_growing_once_the_lease_is_lost() -> None:
    for platform, grows in ((Plain(), "edit"), (Streaming(), "append_stream")):
        time, replica, sender = make(platform)
        stream = sender.stream(TO, key="s", recipient=USER)
        await stream.write("one ")
        await time.pass_(5)
        await stream.write("two ")
        await time.pass_(5)
        before = count(platform.calls, grows)
        assert before > 0
        replica.fence()
        await stream.write("three")
        await time.pass_(5)
        with pytest.raises(Fenced):
            await stream.close(Outgoing(text="one two three"))
        assert count(platform.calls, grows) == before
        assert count(platform.calls, "stop_stream") == 0
        assert platform.texts() == ["one two "]
