"""Deliveries go first; turns go on in what is left, in order, and never wait for ever."""

import asyncio

import pytest

from gateway.egress import TurnScheduler, scheduler
from gateway.egress.scheduler import BURST, CROWD, SHARING


class Clock:
    """Stands still until it is moved, so that no pause of the machine is taken for a lull."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(scheduler, "time", clock)
    return clock


class Turns:
    """Turns that ask to go on, by number, and the order in which they may."""

    def __init__(self) -> None:
        self.scheduler = TurnScheduler()
        self.went: list[int] = []

    def begin(self, *numbers: int) -> None:
        for number in numbers:
            self.scheduler.begin(self.went.append, number)

    async def step(self, number: int) -> None:
        await self.scheduler.step()
        self.went.append(number)

    def busy(self) -> None:
        """Another delivery arrives, the one before is stored: a load goes on."""
        self.scheduler.arrived()
        self.scheduler.stored()


@pytest.fixture
def turns(clock: Clock) -> Turns:
    return Turns()


async def test_alone_nobody_waits(turns: Turns) -> None:
    turns.begin(1)
    with pytest.raises(StopIteration):
        turns.step(2).send(None)
    assert turns.went == [1, 2]


async def test_a_crowd_goes_on_crowd_by_crowd_in_order(turns: Turns) -> None:
    turns.begin(*range(3 * CROWD))
    assert len(turns.went) == CROWD
    await asyncio.sleep(0)
    assert len(turns.went) == 2 * CROWD
    await asyncio.sleep(0)
    assert turns.went == list(range(3 * CROWD))
    for _ in range(3):
        await asyncio.sleep(0)
    turns.begin(-1)
    assert turns.went[-1] == -1  # after the crowd nobody waits


async def test_while_a_delivery_is_stored_the_loops_idle_rounds_are_for_turns(turns: Turns) -> None:
    turns.scheduler.arrived()
    turns.begin(*range(5))
    for rounds in range(5):
        assert turns.went == list(range(rounds))
        await asyncio.sleep(0)
    turns.scheduler.stored()


async def test_a_delivery_that_takes_long_to_store_is_no_lull(turns: Turns, clock: Clock) -> None:
    turns.scheduler.arrived()
    clock.now += scheduler.LULL * 1.1
    turns.begin(*range(CROWD))
    await asyncio.sleep(0)
    assert turns.went == [0]
    turns.scheduler.stored()


async def test_it_rests_when_nothing_arrives_and_nobody_waits(turns: Turns, clock: Clock) -> None:
    assert turns.scheduler.is_resting()
    turns.scheduler.arrived()
    clock.now += scheduler.LULL * 1.1
    assert not turns.scheduler.is_resting()
    turns.scheduler.stored()
    assert not turns.scheduler.is_resting()
    clock.now += scheduler.LULL * 1.1
    assert turns.scheduler.is_resting()
    turns.begin(*range(CROWD + 1))
    assert not turns.scheduler.is_resting()


async def test_busy_rounds_are_for_deliveries(turns: Turns, clock: Clock) -> None:
    turns.scheduler.arrived()
    turns.begin(1, 2)
    await asyncio.sleep(0)
    assert turns.went == [1]
    for _ in range(3):
        turns.busy()
        await asyncio.sleep(0)
    assert turns.went == [1]
    clock.now += scheduler.EVERY * 1.1
    turns.busy()
    await asyncio.sleep(0)
    assert turns.went == [1, 2]  # however much arrives, turns are not starved
    turns.scheduler.stored()


async def test_after_a_lull_turns_wait_no_more(turns: Turns, clock: Clock) -> None:
    turns.busy()
    turns.begin(1)
    assert turns.went == []
    clock.now += scheduler.LULL * 1.1
    turns.begin(2)  # behind the first all the same
    await asyncio.sleep(0)
    assert turns.went == [1, 2]


async def test_a_load_that_does_not_end_is_shared(turns: Turns, clock: Clock) -> None:
    async def goes_on(waiting: int) -> int:
        turns = Turns()
        turns.scheduler.arrived()
        turns.begin(*range(waiting))
        await asyncio.sleep(0)
        clock.now += scheduler.EVERY * 1.01
        turns.busy()
        await asyncio.sleep(0)
        return len(turns.went) - 1

    assert await goes_on(100) == 1
    assert await goes_on(BURST) == 1
    assert await goes_on(BURST + 5 * SHARING) == 6
    assert await goes_on(BURST + 500 * SHARING) == CROWD


async def test_what_has_begun_goes_first(turns: Turns, clock: Clock) -> None:
    turns.scheduler.arrived()
    turns.begin(1, 2)
    under_way = [asyncio.create_task(turns.step(number)) for number in (-1, -2)]
    await asyncio.gather(*under_way)
    await asyncio.sleep(0)
    assert turns.went == [1, -1, -2, 2]
    turns.scheduler.stored()


async def test_who_is_cancelled_while_waiting_holds_nobody_up(turns: Turns, clock: Clock) -> None:
    turns.scheduler.arrived()
    tasks = [asyncio.create_task(turns.step(number)) for number in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[1].cancel()
    await asyncio.wait_for(tasks[2], 5)
    assert turns.went == [2]
    turns.scheduler.stored()
