"""``chainlit.openai``."""

from typing import Any

import gateway

_NAMES = frozenset({"instrument_openai"})


def __getattr__(name: str) -> Any:
    if name in _NAMES:  # imported when it is asked for: it needs the library
        return getattr(gateway, name)
    raise AttributeError(name)
