"""What an app written for Chainlit imports from ``chainlit.llama_index.callbacks``: the gateway's own objects."""

from typing import TYPE_CHECKING, Any

import gateway

if TYPE_CHECKING:
    from gateway import LlamaIndexCallbackHandler as LlamaIndexCallbackHandler

_NAMES = frozenset({"LlamaIndexCallbackHandler"})


def __getattr__(name: str) -> Any:
    if name in _NAMES:  # imported when it is asked for: it needs the library
        return getattr(gateway, name)
    raise AttributeError(name)
