"""Where the choices of a mutation come from in a test."""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st


class Drawn:
    """Choices that hypothesis draws, so that it can repeat and shrink them."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def below(self, count: int) -> int:
        """Return a number from 0 to ``count - 1``."""
        return self._data.draw(st.integers(0, count - 1))

    def one_of(self, values: Any) -> Any:
        """Return one of some values."""
        return values[self.below(len(values))]


def examples(few: int) -> settings:
    """How a fuzz test runs: ``few`` examples that are the same ones each time; with ``FUZZ_EXAMPLES`` so many times as
    many, made anew."""
    times = int(os.environ.get("FUZZ_EXAMPLES", "0"))
    phases = [Phase.explicit, Phase.generate, *([Phase.reuse, Phase.shrink] if times else [])]
    return settings(
        max_examples=few * max(1, times),
        deadline=None,
        derandomize=not times,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
