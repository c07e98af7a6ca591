"""Counts the lines of our own code that a call runs: work measured in steps, which no other process can slow down."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

_ROOT = str(Path(__file__).parents[2])
_OURS = tuple(f"{_ROOT}/{name}/" for name in ("gateway", "adapters"))


def steps(call: Callable[..., object], *arguments: object) -> int:
    """Return how many lines of ``gateway`` and ``adapters`` the call runs."""
    count = 0

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def enter(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(_OURS) else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        call(*arguments)
    finally:
        sys.settrace(before)
    return count
