"""What the user registered: one slot per hook, filled by the decorators of ``gateway``."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Handler = Callable[..., Any]
"""A user's function, sync or async."""


@dataclass(slots=True)
class Callbacks:
    """The handlers of one bot. A later registration of the same hook replaces the earlier one."""

    on_chat_start: Handler | None = None
    on_chat_resume: Handler | None = None
    on_chat_end: Handler | None = None
    on_message: Handler | None = None
    on_stop: Handler | None = None
    on_feedback: Handler | None = None
    actions: dict[str, Handler] = field(default_factory=dict[str, Handler])

    @property
    def empty(self) -> bool:
        """Whether nothing at all was registered: probably the wrong file was loaded."""
        return not (self.on_chat_start or self.on_message or self.actions)


_current = Callbacks()


def registered() -> Callbacks:
    """The registry the decorators write to."""
    return _current


def fresh() -> Callbacks:
    """Start over with an empty registry (another bot is about to be loaded); returns it."""
    global _current
    _current = Callbacks()
    return _current
