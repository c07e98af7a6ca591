"""``@cache``: computed once for each set of arguments."""

import asyncio
import threading

import pytest

import gateway as cl


def test_a_function_runs_once_for_each_set_of_arguments() -> None:
    runs: list[tuple[int, int]] = []

    @cl.cache
    def add(a: int, b: int = 1) -> int:
        runs.append((a, b))
        return a + b

    assert [add(1), add(1), add(1, b=2), add(1, b=2)] == [2, 2, 3, 3]
    assert runs == [(1, 1), (1, 2)]
    assert add.__name__ == "add"


def test_threads_that_call_it_at_the_same_time_wait_for_one_run() -> None:
    runs: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    @cl.cache
    def load() -> str:
        runs.append(1)
        begun.set()
        assert go_on.wait(10)
        return "model"

    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(load())) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert results == ["model"] * 4
    assert runs == [1]


async def test_the_result_of_a_coroutine_is_kept_and_a_failure_is_not() -> None:
    runs: list[int] = []

    @cl.cache
    async def load() -> str:
        runs.append(1)
        await asyncio.sleep(0)
        if len(runs) == 1:
            raise ValueError("not yet")
        return "model"

    with pytest.raises(ValueError, match="not yet"):
        await load()
    assert await asyncio.gather(*(load() for _ in range(3))) == ["model"] * 3
    assert runs == [1, 1]


def test_arguments_that_cannot_be_a_key_are_refused_with_the_fix() -> None:
    @cl.cache
    def total(values: list[int]) -> int:
        return sum(values)

    with pytest.raises(TypeError, match=r"@cache cannot keep a result of total: .*pass hashable arguments"):
        total([1, 2])
