"""Bounds on how often something happens, counted with a clock that the test moves."""

import pytest

from gateway.runtime import rate
from gateway.runtime.rate import Rate
from tests.support.cluster import Replicas


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_as_many_as_in_a_minute_may_come_at_once_and_more_as_time_passes() -> None:
    clock = Clock()
    bound = Rate(60, clock=clock)
    assert [bound.take("a") for _ in range(61)] == [0.0] * 60 + [1.0]
    clock.now += 0.5
    assert bound.take("a") == pytest.approx(0.5)
    clock.now += 1.5
    assert [bound.take("a") for _ in range(3)] == [0.0, 0.0, 1.0]
    clock.now += 3_600
    assert sum(bound.take("a") == 0 for _ in range(100)) == 60


def test_each_name_has_its_own() -> None:
    bound = Rate(1, clock=Clock())
    assert (bound.take("a"), bound.take("b"), bound.take("a")) == (0.0, 0.0, 60.0)
    bound.forget("a")
    assert (bound.take("a"), bound.wait("b")) == (0.0, 60.0)


@pytest.mark.parametrize(("per_minute", "replicas"), [(60, 3), (10, 3), (2, 3)])
def test_replicas_together_allow_what_one_alone_does(per_minute: int, replicas: int) -> None:
    clock, all = Clock(), Replicas()
    bounds = [Rate(per_minute, clock=clock, cluster=all.join()) for _ in range(replicas)]
    for each in bounds:
        while not each.take("a"):
            pass
    allowed = 0
    for _ in range(600):
        clock.now += 1
        allowed += sum(not each.take("a") for each in bounds)
    assert 10 * per_minute - replicas <= allowed <= 10 * per_minute


def test_a_replica_that_is_alone_again_allows_all_of_it() -> None:
    clock, all = Clock(), Replicas()
    first, second = all.join(), all.join()
    bound = Rate(60, clock=clock, cluster=first)
    assert [bound.take("a") for _ in range(31)] == [0.0] * 30 + [2.0]
    second.leave()
    assert bound.wait("a") == 1.0


def test_zero_is_no_bound() -> None:
    bound = Rate(0, clock=Clock())
    assert {bound.take("a") for _ in range(1_000)} == {0.0}
    assert len(bound) == 0


def test_only_so_many_names_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "MOST", 3)
    bound = Rate(1, clock=Clock())
    for name in "abcd":
        bound.take(name)
    assert len(bound) == 3
    assert (bound.wait("a"), bound.wait("d")) == (0.0, 60.0)
