"""What an app written for Chainlit imports from ``chainlit.openai``: the gateway's own objects."""

from typing import TYPE_CHECKING, Any

import gateway

if TYPE_CHECKING:
    from gateway import instrument_openai as instrument_openai

_NAMES = frozenset({"instrument_openai"})


def __getattr__(name: str) -> Any:
    if name in _NAMES:  # imported when it is asked for: it needs the library
        return getattr(gateway, name)
    raise AttributeError(name)
