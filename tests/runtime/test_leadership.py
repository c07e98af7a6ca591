"""One replica leads; another one does when that one ends, loses its lease, or is asked to let go."""

import asyncio

import pytest

from gateway.runtime import leadership
from gateway.runtime.leadership import Leadership
from tests.support.cluster import Replica, Replicas


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leadership, "ASK_EVERY", 0.01)


class Led:
    """A part that a replica may lead."""

    def __init__(self, replicas: Replicas) -> None:
        self.cluster: Replica = replicas.join()
        self.stops = 0
        self.may_stop = asyncio.Event()
        self.may_stop.set()
        self.leadership = Leadership(self.cluster, "part", stop=self._stop)

    async def leads(self) -> bool:
        return await self.leadership.leads()

    async def _stop(self) -> None:
        await self.may_stop.wait()
        self.stops += 1


@pytest.fixture
def pair() -> tuple[Led, Led]:
    replicas = Replicas()
    return Led(replicas), Led(replicas)


async def test_one_leads_until_it_gives_up(pair: tuple[Led, Led]) -> None:
    first, second = pair
    assert [await first.leads(), await second.leads(), await first.leads()] == [True, False, True]
    await first.leadership.give_up()
    assert (first.stops, first.leadership.held, await second.leads()) == (1, False, True)
    await first.leadership.give_up()
    assert first.stops == 1


async def test_the_leader_stops_before_the_one_that_asks_leads(pair: tuple[Led, Led]) -> None:
    first, second = pair
    assert await first.leads()
    first.may_stop.clear()
    taking = asyncio.create_task(second.leadership.take(within=5))
    await asyncio.wait({taking}, timeout=0.1)
    assert not taking.done()
    assert not await first.leads()  # it is letting go
    first.may_stop.set()
    assert await taking
    assert (first.stops, await first.leads()) == (1, False)
    assert await first.leadership.take(within=5)


async def test_who_lets_go_leaves_the_part_to_the_other_for_a_while(pair: tuple[Led, Led]) -> None:
    first, second = pair
    assert await first.leads()
    second.cluster.tell("part", {"wanted": True})
    async with asyncio.timeout(5):
        while "part" in first.cluster._all.leads:
            await asyncio.sleep(0.01)
    assert not await first.leads()
    assert await second.leads()


async def test_a_pinned_part_is_kept(pair: tuple[Led, Led]) -> None:
    first, second = pair
    assert await first.leads()
    with first.leadership.pinned():
        assert not await second.leadership.take(within=0.05)
        assert first.leadership.held
    assert await second.leadership.take(within=5)


async def test_a_lost_lease_ends_it(pair: tuple[Led, Led]) -> None:
    first, second = pair
    assert await first.leads()
    first.cluster.fence()
    assert not first.leadership.held
    assert await second.leads()
    await first.leadership.give_up()  # waits for the end
    assert first.stops == 1
    assert not await first.leads()


async def test_nobody_begins_to_lead_while_the_store_cannot_tell(pair: tuple[Led, Led]) -> None:
    first, second = pair
    first.cluster.away = True
    assert not await first.leads()
    assert not await first.leadership.take(within=0.05)
    first.cluster.away = False
    assert await first.leads()
    first.cluster.away = True
    assert await first.leads()  # until its lease ends
    assert first.stops == 0
    assert not await second.leads()
