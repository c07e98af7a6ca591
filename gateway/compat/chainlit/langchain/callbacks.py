"""What an app written for Chainlit imports from ``chainlit.langchain.callbacks``: the gateway's own objects."""

from typing import TYPE_CHECKING, Any

import gateway

if TYPE_CHECKING:
    from gateway import AsyncLangchainCallbackHandler as AsyncLangchainCallbackHandler
    from gateway import LangchainCallbackHandler as LangchainCallbackHandler

_NAMES = frozenset({"AsyncLangchainCallbackHandler", "LangchainCallbackHandler"})


def __getattr__(name: str) -> Any:
    if name in _NAMES:  # imported when it is asked for: it needs the library
        return getattr(gateway, name)
    raise AttributeError(name)
