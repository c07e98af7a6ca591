"""Small stand-ins for the libraries the samples use, each with just what a sample calls, under the library's name."""

from types import ModuleType

from tests.conformance.stubs import embedchain, matplotlib, mistralai, openai, pandas, plotly, presidio_analyzer

MODULES: dict[str, ModuleType] = {
    "embedchain": embedchain,
    "matplotlib": matplotlib,
    "matplotlib.pyplot": matplotlib,
    "mistralai": mistralai,
    "openai": openai,
    "pandas": pandas,
    "plotly": plotly,
    "plotly.graph_objects": plotly,
    "presidio_analyzer": presidio_analyzer,
}
"""Each stand-in by the name it is imported under."""
