"""The libraries that bots are built on: what each integration is called, and when it is imported, which is at its use.

``gateway`` takes the names from here, so that ``import gateway`` imports none of the libraries.
"""

from importlib import import_module

from gateway.integrations.libraries import Library

LANGCHAIN = Library("langchain-core", extra="langchain", at_least=(1, 0), below=(2,))
LLAMA_INDEX = Library("llama-index-core", extra="llama-index", at_least=(0, 14), below=(1,))
MISTRALAI = Library("mistralai", extra="mistralai", at_least=(2, 0), below=(4,))
OPENAI = Library("openai", extra="openai", at_least=(2, 0), below=(4,))
SEMANTIC_KERNEL = Library("semantic-kernel", extra="semantic-kernel", at_least=(1, 40), below=(2,))

NAMES: dict[str, tuple[str, Library]] = {
    "AsyncLangchainCallbackHandler": ("gateway.integrations.langchain", LANGCHAIN),
    "LangchainCallbackHandler": ("gateway.integrations.langchain", LANGCHAIN),
    "LlamaIndexCallbackHandler": ("gateway.integrations.llama_index", LLAMA_INDEX),
    "SemanticKernelFilter": ("gateway.integrations.semantic_kernel", SEMANTIC_KERNEL),
    "instrument_mistralai": ("gateway.integrations.mistralai", MISTRALAI),
    "instrument_openai": ("gateway.integrations.openai", OPENAI),
}
"""Each name that ``gateway`` has of an integration: the module it is in, and the library the module needs."""


def load(name: str) -> object:
    """Return what ``gateway`` exports under this name of ``NAMES``.

    Raises:
        ImportError: The library it needs is missing or of a version out of range; the text says what to install.
    """
    module, library = NAMES[name]
    library.require(name)
    return getattr(import_module(module), name)
