"""Many who come at once go on a few at a time, and what else is due gets its turn between them."""

import asyncio

from gateway.egress import Pace


def goes_on_at_once(pace: Pace) -> bool:
    step = pace.step()
    try:
        step.send(None)
    except StopIteration:
        return True
    return False


async def test_alone_nobody_waits() -> None:
    assert goes_on_at_once(Pace())


async def test_a_crowd_goes_two_by_two_in_order_with_others_between() -> None:
    pace = Pace()
    seen: list[str] = []

    async def one(number: int) -> None:
        await pace.step()
        seen.append(f"{number}")

    def other(left: int) -> None:
        """Something that arrives in every round."""
        seen.append("-")
        if left:
            asyncio.get_running_loop().call_soon(other, left - 1)

    asyncio.get_running_loop().call_soon(other, 20)
    await asyncio.gather(*(one(number) for number in range(8)))
    assert [each for each in seen if each != "-"] == [str(number) for number in range(8)]
    assert max(map(len, "".join(seen).split("-"))) == 2, seen


async def test_who_is_cancelled_while_waiting_holds_nobody_up() -> None:
    pace = Pace()
    done: list[int] = []

    async def one(number: int) -> None:
        await pace.step()
        done.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(5)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert done == [0, 1, 2, 4]
    await asyncio.wait_for(pace.step(), 1)  # it still goes on


async def test_after_a_crowd_nobody_waits() -> None:
    pace = Pace()
    await asyncio.gather(*(pace.step() for _ in range(50)))
    for _ in range(3):
        await asyncio.sleep(0)
    assert goes_on_at_once(pace)
