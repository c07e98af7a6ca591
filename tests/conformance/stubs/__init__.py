"""Small stand-ins for the libraries the samples use, each with just what a sample calls, under the library's name."""

from types import ModuleType

from tests.conformance.stubs import (
    embedchain,
    langchain,
    matplotlib,
    mistralai,
    openai,
    pandas,
    plotly,
    presidio_analyzer,
    presidio_anonymizer,
    service_context,
)


def _package(name: str, part: str, module: ModuleType) -> ModuleType:
    """Return a package with one module."""
    package = ModuleType(name)
    setattr(package, part, module)
    return package


MODULES: dict[str, ModuleType] = {
    "embedchain": embedchain,
    "matplotlib": _package("matplotlib", "pyplot", matplotlib),
    "matplotlib.pyplot": matplotlib,
    "mistralai": mistralai,
    "openai": openai,
    "pandas": pandas,
    "plotly": _package("plotly", "graph_objects", plotly),
    "plotly.graph_objects": plotly,
    "llama_index.core.service_context": service_context,
    "presidio_analyzer": presidio_analyzer,
    "presidio_anonymizer": presidio_anonymizer,
    **langchain.modules(),
}
"""Each stand-in by the name it is imported under."""
