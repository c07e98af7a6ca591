"""Elements made of what the real libraries make; skipped where these are not installed."""

import warnings
from typing import Any

import pytest

import gateway as cl
from gateway.model import FromBytes, OutgoingFile
from tests.chat.test_elements import LIMITS
from tests.support.figures import PNG


def content(file: OutgoingFile) -> bytes:
    assert isinstance(file.source, FromBytes)
    return file.source.data


async def test_a_data_frame_of_pandas() -> None:
    pandas: Any = pytest.importorskip("pandas")
    small = pandas.DataFrame({"Name": ["Alice", "Bob"], "Share": [0.1 + 0.2, None]})
    shown = await cl.Dataframe("people", data=small).render(LIMITS)
    assert shown.text == "**people**\n\n| Name | Share |\n|---|---|\n| Alice | 0.3 |\n| Bob |   |"
    labelled = await cl.Dataframe("people", data=small.set_index("Name")).render(LIMITS)
    assert "| Alice | 0.3 |" in labelled.text
    large = pandas.DataFrame({f"c{n}": range(10_000) for n in range(10)})
    shown = await cl.Dataframe("cells", data=large).render(LIMITS)
    assert "First 10 of 10,000 rows, 8 of 10 columns; all of it is in cells.csv." in shown.text
    assert content(shown.files[0]) == large.to_csv(index=False).encode()


async def test_a_data_frame_of_polars() -> None:
    polars: Any = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": list(range(100_000))})
    shown = await cl.Dataframe("cells", data=frame).render(LIMITS)
    assert content(shown.files[0]) == frame.write_csv().encode()
    with pytest.raises(cl.TooLarge):
        await cl.Dataframe("cells", data=polars.DataFrame({"a": list(range(300_000))})).render(LIMITS)


async def test_a_figure_of_matplotlib() -> None:
    matplotlib: Any = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt  # type: ignore[import-not-found, unused-ignore]

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3, 4], [1, 4, 2, 3])
    for element in (cl.Pyplot("plot", figure=figure), cl.Pyplot("plot")):
        shown = await element.render(LIMITS)
        assert content(shown.files[0]).startswith(PNG)
    plt.close(figure)


async def test_a_figure_of_plotly() -> None:
    plotly: Any = pytest.importorskip("plotly.graph_objects")
    figure = plotly.Figure(data=[plotly.Bar(y=[2, 1, 3])], layout_title_text="An example figure")
    element = cl.Plotly("chart", figure=figure)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what kaleido does with its browser
        shown = await element.render(LIMITS)
        again = await element.render(LIMITS)
    html = shown.files[-1]
    assert html.name == "chart.html" and b"plotly" in content(html) and html == again.files[-1]
    assert "kaleido" in shown.text or content(shown.files[0]).startswith(PNG)
