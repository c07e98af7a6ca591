"""Many who come at once go on a few at a time, and what else is due gets its turn between them."""

import asyncio

from gateway.egress import Pace
from gateway.egress.pace import CROWD, FEW


def goes_on_at_once(pace: Pace) -> bool:
    step = pace.step()
    try:
        step.send(None)
    except StopIteration:
        return True
    return False


async def test_alone_nobody_waits() -> None:
    assert goes_on_at_once(Pace())


async def rounds_of(count: int) -> list[list[int]]:
    """Who went on in each round of the loop, when so many come at once."""
    pace = Pace()
    rounds: list[list[int]] = [[]]

    async def one(number: int) -> None:
        await pace.step()
        rounds[-1].append(number)

    def arrives() -> None:
        rounds.append([])
        if sum(map(len, rounds)) < count:
            asyncio.get_running_loop().call_soon(arrives)

    asyncio.get_running_loop().call_soon(arrives)
    await asyncio.gather(*(one(number) for number in range(count)))
    return [each for each in rounds if each]


async def test_a_few_go_on_in_one_round() -> None:
    assert await rounds_of(CROWD) == [list(range(CROWD))]


async def test_of_a_crowd_a_few_go_on_in_each_round_in_order() -> None:
    rounds = await rounds_of(3 * CROWD)
    assert [number for each in rounds for number in each] == list(range(3 * CROWD))
    sizes = [len(each) for each in rounds]
    assert sizes == [CROWD, *[FEW] * (CROWD // FEW), CROWD]


async def test_who_is_cancelled_while_waiting_holds_nobody_up() -> None:
    pace = Pace()
    done: list[int] = []

    async def one(number: int) -> None:
        await pace.step()
        done.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(CROWD + 3)]
    await asyncio.sleep(0)
    tasks[CROWD + 1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert done == [*range(CROWD + 1), CROWD + 2]
    await asyncio.wait_for(pace.step(), 1)  # it still goes on


async def test_after_a_crowd_nobody_waits() -> None:
    pace = Pace()
    await asyncio.gather(*(pace.step() for _ in range(5 * CROWD)))
    for _ in range(3):
        await asyncio.sleep(0)
    assert goes_on_at_once(pace)
