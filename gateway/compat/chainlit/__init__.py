"""``chainlit``: all of the gateway's API under the name that a file written for Chainlit imports.

Names that are modules there (``chainlit.types``) are imported when they are asked for; a name that is an object there
(``chainlit.step``, ``chainlit.context``) is one here.
"""

from typing import TYPE_CHECKING, Any

import gateway
from gateway.compat.generation import ChatGeneration, CompletionGeneration, GenerationMessage
from gateway.integrations import NAMES as INTEGRATIONS

if TYPE_CHECKING:
    from gateway import *  # noqa: F403
    from gateway import AsyncLangchainCallbackHandler as AsyncLangchainCallbackHandler
    from gateway import LangchainCallbackHandler as LangchainCallbackHandler
    from gateway import LlamaIndexCallbackHandler as LlamaIndexCallbackHandler
    from gateway import SemanticKernelFilter as SemanticKernelFilter
    from gateway import instrument_mistralai as instrument_mistralai
    from gateway import instrument_openai as instrument_openai
else:
    globals().update({name: vars(gateway)[name] for name in gateway.__all__ if name in vars(gateway)})

__version__ = "2.12.0"
"""The version of Chainlit whose names these are."""

__all__ = ["ChatGeneration", "CompletionGeneration", "GenerationMessage", "__version__"]
__all__ += gateway.__all__


def __getattr__(name: str) -> Any:
    if name in gateway.__all__ or name in INTEGRATIONS:  # the gateway itself imports it when it is asked for
        return getattr(gateway, name)
    raise AttributeError(name)
