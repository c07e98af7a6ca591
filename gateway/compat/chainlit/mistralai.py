"""What an app written for Chainlit imports from ``chainlit.mistralai``: the gateway's own objects."""

from typing import TYPE_CHECKING, Any

import gateway

if TYPE_CHECKING:
    from gateway import instrument_mistralai as instrument_mistralai

_NAMES = frozenset({"instrument_mistralai"})


def __getattr__(name: str) -> Any:
    if name in _NAMES:  # imported when it is asked for: it needs the library
        return getattr(gateway, name)
    raise AttributeError(name)
