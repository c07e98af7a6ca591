"""Who may run now: the number in all, the number of one person, and lines that nobody leaves with a place."""

import asyncio

import pytest

from gateway.runtime import limits as limits_module
from gateway.runtime.limits import SAY_EVERY, SHOW_FOR, Limits
from gateway.runtime.places import Places


def places(*, in_all: int, per_person: int, per_workspace: int = 0) -> Places:
    return Places(in_all=in_all, per_person=per_person, per_workspace=per_workspace, limits=Limits())


async def waits(*takers: "asyncio.Task[None]") -> None:
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(taker.done() for taker in takers)


async def test_who_finds_no_place_waits_in_order() -> None:
    here = places(in_all=1, per_person=9)
    await here.take("a")
    second, third = (asyncio.create_task(here.take(person)) for person in "bc")
    await waits(second, third)
    here.give_back("a")
    await second
    await waits(third)
    here.give_back("b")
    await third


async def test_one_person_waits_while_another_finds_a_place() -> None:
    here = places(in_all=3, per_person=2)
    await here.take("a")
    await here.take("a")
    third = asyncio.create_task(here.take("a"))
    await waits(third)
    await here.take("b")
    here.give_back("a")
    await third


async def test_what_is_nobodys_counts_in_all_only() -> None:
    here = places(in_all=3, per_person=1)
    for _ in range(3):
        await here.take("")


async def test_who_gives_up_waiting_takes_no_place_along() -> None:
    here = places(in_all=1, per_person=1)
    await here.take("a")
    own, other = asyncio.create_task(here.take("a")), asyncio.create_task(here.take("b"))
    await waits(own, other)
    own.cancel()
    other.cancel()
    await asyncio.gather(own, other, return_exceptions=True)
    here.give_back("a")
    await here.take("a")
    here.give_back("a")
    await here.take("b")


async def test_a_place_that_comes_together_with_the_cancellation_goes_to_the_next() -> None:
    here = places(in_all=1, per_person=1)
    await here.take("a")
    first, second = asyncio.create_task(here.take("b")), asyncio.create_task(here.take("c"))
    await waits(first, second)
    here.give_back("a")
    first.cancel()
    await second
    assert first.cancelled() or isinstance((await asyncio.gather(first, return_exceptions=True))[0], BaseException)


async def test_one_workspace_waits_while_another_finds_a_place() -> None:
    here = places(in_all=9, per_person=9, per_workspace=2)
    await here.take("a", "w")
    await here.take("b", "w")
    third = asyncio.create_task(here.take("c", "w"))
    await waits(third)
    await here.take("d", "v")
    await here.take("")
    here.give_back("a", "w")
    await third


async def test_who_gives_up_waiting_for_a_workspace_takes_nothing_along() -> None:
    here = places(in_all=9, per_person=1, per_workspace=1)
    await here.take("a", "w")
    second = asyncio.create_task(here.take("b", "w"))
    await waits(second)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await here.take("b", "v")
    here.give_back("a", "w")
    here.give_back("b", "v")
    await here.take("b", "w")


def test_a_bound_is_said_once_a_minute_and_shown_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(limits_module.log, "warning", lambda line, **_: lines.append(line), raising=False)
    now = 1_000.0
    limits = Limits(lambda: now)
    for _ in range(100):
        limits.met("places", "they are taken")
    assert lines == ["limit.met"]
    assert limits.shown() == {"places": "they are taken"}
    now += SAY_EVERY
    limits.met("places", "they are taken")
    assert lines == ["limit.met"] * 2
    now += SHOW_FOR + 1
    assert limits.shown() == {}
