"""Deliveries in whose run the process died run one at a time."""

import asyncio

from gateway.ingress.trials import CREDIT, CROWD, INTERRUPTIONS, Trial, Trials
from gateway.model import ConversationRef, MessageCreated, UserRef
from gateway.runtime.queued import QueuedDelivery

REF = ConversationRef(platform="slack", workspace="T", channel="C")
EVENT = MessageCreated(ref=REF, user=UserRef(platform="slack", workspace="T", id="U"), message_id="1", text="hi")


def suspect(seq: int, *, interrupted: int = 1) -> QueuedDelivery:
    return QueuedDelivery(key=f"k{seq}", seq=seq, received_at=0, event=EVENT, interrupted=interrupted)


async def admitted(tasks: "list[asyncio.Task[Trial]]") -> list[int]:
    for _ in range(3):
        await asyncio.sleep(0)
    return [n for n, task in enumerate(tasks) if task.done()]


async def test_one_runs_at_a_time_those_with_fewer_interruptions_first() -> None:
    trials = Trials(life=0)
    tasks = [asyncio.create_task(trials.admit(suspect(n, interrupted=2 if n == 1 else 1))) for n in range(3)]
    for expected in (0, 2, 1):
        found = await admitted(tasks)
        assert found[-1:] == [expected] or expected in found
        trials.end(tasks[expected].result())
    assert await admitted(tasks) == [0, 1, 2]


async def test_one_that_runs_for_long_lets_the_next_run_but_not_one_whose_last_run_it_may_be() -> None:
    trials = Trials(life=0, long=0)
    first = await trials.admit(suspect(0))
    tasks = [asyncio.create_task(trials.admit(suspect(1, interrupted=2)))]
    assert await admitted(tasks) == []
    second = await trials.admit(suspect(2))
    trials.end(first)
    assert await admitted(tasks) == []
    trials.end(second)
    alone = await tasks[0]
    later = [asyncio.create_task(trials.admit(suspect(3)))]
    assert await admitted(later) == []
    trials.end(alone)
    assert await admitted(later) == [0]


async def test_one_whose_last_run_it_may_be_waits_until_the_process_has_lived() -> None:
    trials = Trials(life=0.1)
    trials.begin()
    tasks = [asyncio.create_task(trials.admit(suspect(n, interrupted=n))) for n in (2, 1)]
    assert await admitted(tasks) == []
    trials.end(await tasks[1])
    assert not tasks[0].done()
    await tasks[0]


async def test_beside_other_replicas_only_one_whose_last_run_it_may_be_waits() -> None:
    trials = Trials(life=0, shared=True)
    first, second = [await trials.admit(suspect(n)) for n in range(2)]
    tasks = [asyncio.create_task(trials.admit(suspect(2, interrupted=2)))]
    trials.end(first)
    assert await admitted(tasks) == []
    trials.end(second)
    assert await admitted(tasks) == [0]


async def test_deaths_before_it_came_speak_for_another_cause() -> None:
    trials = Trials()
    trials.begin([1_000.0, 1_500.0, 2_500.0])
    for received_at, bound in ((900.0, 3), (1_550.0, 5), (2_000.0, 4), (2_450.0, 3)):
        queued = suspect(1, interrupted=bound - 1)
        queued.received_at = received_at
        assert not trials.is_hopeless(queued)
        queued.interrupted = bound
        assert trials.is_hopeless(queued)


async def test_many_deaths_before_it_came_excuse_no_endless_killing() -> None:
    trials = Trials()
    trials.begin([1_000.0 + n for n in range(5 * CREDIT)])
    work = suspect(1, interrupted=INTERRUPTIONS + CREDIT)
    work.received_at = 1_500.0
    assert trials.is_hopeless(work)


async def test_of_a_crowd_several_run() -> None:
    trials = Trials(life=0)
    tasks = [asyncio.create_task(trials.admit(suspect(n))) for n in range(5 * CROWD)]
    running = await admitted(tasks)
    assert 1 < len(running) <= 5


async def test_one_that_gives_up_waiting_keeps_nobody_waiting() -> None:
    trials = Trials(life=0)
    first = await trials.admit(suspect(0))
    tasks = [asyncio.create_task(trials.admit(suspect(n))) for n in (1, 2)]
    assert await admitted(tasks) == []
    tasks[0].cancel()
    trials.end(first)
    assert 1 in await admitted(tasks)
    trials.end(first)
