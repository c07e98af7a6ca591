"""Elements made of data: a table of a data frame, charts of Plotly and Matplotlib. No such library is imported here:
what a handler hands over is recognised by what it can do."""

import io
import sys
from functools import partial
from mimetypes import guess_extension
from pathlib import PurePath
from typing import Any, ClassVar, cast

import structlog

from gateway.chat.elements.base import Display, Element, ElementType, short_name
from gateway.chat.elements.drawing import PATIENCE, beside
from gateway.chat.elements.rendered import Rendered
from gateway.chat.elements.tables import as_csv, as_split, is_frame, table_of
from gateway.egress.degrade import literal
from gateway.errors import TooLarge
from gateway.model import Capabilities, ElementKind, FromBytes, OutgoingFile
from gateway.runtime.contents import Content

log = structlog.get_logger(__name__)

_CSV_LIMIT = 50_000_000
"""Bytes of CSV that are made in memory."""
_DPI = {"small": 100, "medium": 200, "large": 300}
"""Dots per inch of a Matplotlib figure, by the element's size."""
_SCALE = {"small": 1, "medium": 2, "large": 3}
"""Pixels for each of a Plotly figure's, by the element's size."""
_KALEIDO = 'pip install "bot-gateway[charts]"'
"""What installs kaleido, which draws Plotly's figures with a Chrome or Chromium."""


class Drawn(Element):
    """An element whose files are made when its message is sent: the base of ``Dataframe``, ``Plotly`` and ``Pyplot``.
    It takes the parameters of ``Element``."""

    _needs_content: ClassVar[bool] = False
    _restorable: ClassVar[bool] = False

    def _guess_mime(self) -> str:
        return self.default_mime  # whatever its name looks like

    async def kept_content(self) -> Content | None:
        """Return the content that history keeps, as Chainlit has it; None where it cannot be made."""
        try:
            data = await self._data()
        except Exception as error:  # whatever the library of the data or the figure raises
            log.warning("element.content_not_kept", name=self.name, error=_line(error))
            return None
        return None if data is None else Content(data, self._stem() + (guess_extension(self.mime) or ""), self.mime)

    async def _data(self) -> bytes | None:
        """Return the content that history keeps; None where there is none."""
        raise NotImplementedError

    def _stem(self) -> str:
        """Return the name of the element's files without their ending."""
        name = PurePath(self.name)
        return name.stem if name.suffix.lower() in (".png", ".html", ".csv") else self.name

    def _made(self, ending: str, mime: str, data: bytes, kind: ElementKind = "file") -> OutgoingFile:
        return OutgoingFile(kind=kind, name=short_name(self._stem() + ending), mime=mime, source=FromBytes(data=data))

    def _failed(self, error: Exception) -> Rendered:
        """Return a notice in the element's place: the words of its message shall arrive. What the error says is for the
        log alone."""
        why = f"it took more than {PATIENCE:g} s" if isinstance(error, TimeoutError) else _line(error)
        log.error("element.not_drawn", element=type(self).__name__, name=self.name, error=why, exc_info=error)
        return Rendered(text=f"⚠️ {literal(self.name)} could not be shown; the bot's log says why.")


class Dataframe(Drawn):
    """A data frame of pandas, polars or the like: a table up to 20 rows and 8 columns, else a table of its first rows
    and all of it as a CSV file.

    Args:
        name: The name above the table and of the file.
        data: The data frame: anything with ``columns``, ``head``, a length and ``to_csv`` or ``write_csv``.
        display: ``inline`` shows the table; ``side`` and ``page`` attach the CSV file alone.
        extra: The other parameters of ``Element``.

    Raises:
        ValueError: There is no data, or it is no data frame.
    """

    type: ClassVar[ElementType] = "dataframe"
    default_mime: ClassVar[str] = "application/json"

    def __init__(self, name: str = "", *, data: Any = None, display: Display = "inline", **extra: Any) -> None:
        if not is_frame(data):
            raise ValueError(
                f"Dataframe({name!r}) needs data=, a data frame (of pandas, polars, ...) with columns, head and to_csv "
                f"or write_csv; this is {_named(data)}"
            )
        super().__init__(name, display=display, **extra)
        self.data = data

    async def _data(self) -> bytes | None:
        return await beside(as_split, self.data, _CSV_LIMIT, name=self.name)

    async def render(self, limits: Capabilities) -> Rendered:
        """Return the table, and the CSV file where the table is not all of the data; of an attachment the file alone.

        Args:
            limits: What the platform takes.

        Raises:
            TooLarge: The CSV is larger than the platform takes, or than 50 MB.
        """
        file, limit = f"{self._stem()}.csv", min(limits.file_size_limit, _CSV_LIMIT)
        try:
            if self.attached:
                data = await beside(as_csv, self.data, limit, name=file)
                return Rendered(files=(self._made(".csv", "text/csv", data),))
            table = await beside(table_of, self.data, file=file, width=limits.text_limit, limit=limit)
        except TooLarge:
            raise
        except Exception as error:  # whatever the library of the data frame raises
            return self._failed(error)
        files = (self._made(".csv", "text/csv", table.csv),) if table.csv else ()
        parts = (f"**{literal(self.name)}**", table.markdown, table.note)
        return Rendered(text="\n\n".join(part for part in parts if part), files=files)


class Plotly(Drawn):
    """A figure of Plotly: a picture of it, and the interactive chart as an HTML file (which loads Plotly's code from
    the web). The picture needs kaleido: without it there is the file alone, and a line that says so.

    Args:
        name: The name of the chart and of its files.
        figure: The figure: anything with ``to_image`` and ``to_html``.
        display: ``inline`` shows the picture; ``side`` and ``page`` are named in the text as well.
        size: The resolution of the picture: ``small``, ``medium`` or ``large``.
        extra: The other parameters of ``Element``.

    Raises:
        ValueError: There is no figure, or it is none of Plotly's.
    """

    type: ClassVar[ElementType] = "plotly"
    default_mime: ClassVar[str] = "application/json"

    def __init__(
        self, name: str = "", *, figure: Any = None, display: Display = "inline", size: Any = "medium", **extra: Any
    ) -> None:
        if not callable(getattr(figure, "to_html", None)):
            raise ValueError(f"Plotly({name!r}) needs figure=, a figure of Plotly; this is {_named(figure)}")
        super().__init__(name, display=display, size=size, **extra)
        self.figure = figure

    async def _data(self) -> bytes | None:
        if not callable(getattr(self.figure, "to_json", None)):
            return None
        return str(await beside(self.figure.to_json)).encode(errors="replace")

    async def render(self, limits: Capabilities) -> Rendered:
        """Return the picture and the HTML file, or a notice in their place.

        Args:
            limits: What the platform takes.
        """
        try:
            # The id of the chart within the file is the element's own, so that a re-run makes the very same file.
            html = await beside(self.figure.to_html, include_plotlyjs="cdn", div_id=self.id)
        except Exception as error:  # whatever Plotly raises
            return self._failed(error)
        file = self._made(".html", "text/html", str(html).encode(errors="replace"))
        try:
            data = await beside(partial(self.figure.to_image, format="png", scale=_SCALE.get(self.size, 2)))
        except Exception as error:  # whatever Plotly raises, and what it draws with
            log.warning("element.no_picture", name=self.name, error=_line(error), fix=_KALEIDO)
            text = f"📈 {literal(file.name)} is the chart; a picture of it needs kaleido and Chrome (`{_KALEIDO}`)."
            return Rendered(text=text, files=(file,))
        return Rendered(files=(self._made(".png", "image/png", data, "image"), file))


class Pyplot(Drawn):
    """A figure of Matplotlib as a picture, drawn when its message is sent.

    Args:
        name: The name of the picture.
        figure: The figure: anything with ``savefig``; by default pyplot's current one.
        display: ``inline`` shows the picture; ``side`` and ``page`` are named in the text as well.
        size: The resolution of the picture: ``small``, ``medium`` or ``large``.
        extra: The other parameters of ``Element``.

    Raises:
        ValueError: There is no figure, or it is none of Matplotlib's.
    """

    type: ClassVar[ElementType] = "image"
    default_mime: ClassVar[str] = "image/png"

    def __init__(
        self, name: str = "", *, figure: Any = None, display: Display = "inline", size: Any = "medium", **extra: Any
    ) -> None:
        figure = _current_figure() if figure is None else figure
        if not callable(getattr(figure, "savefig", None)):
            raise ValueError(f"Pyplot({name!r}) needs figure=, a figure of Matplotlib; this is {_named(figure)}")
        super().__init__(name, display=display, size=size, **extra)
        self.figure = figure
        self._picture: bytes | None = None
        """The picture that was drawn last and not kept yet; empty where it could not be drawn."""

    async def _data(self) -> bytes | None:
        picture, self._picture = self._picture, None
        if picture is None:  # a step that is not shown draws nothing
            picture = await self._draw()
        return picture or None

    async def _draw(self) -> bytes:
        return await beside(_png, self.figure, _DPI.get(self.size, 200))

    async def render(self, limits: Capabilities) -> Rendered:
        """Return the picture, or a notice in its place.

        Args:
            limits: What the platform takes.
        """
        try:
            data = self._picture = await self._draw()
        except Exception as error:  # whatever Matplotlib raises
            self._picture = b""
            return self._failed(error)
        return Rendered(files=(self._made(".png", "image/png", data, "image"),))


def _current_figure() -> Any:
    """Return pyplot's current figure; None where nobody imported pyplot or it has no figure."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return pyplot.gcf() if pyplot is not None and pyplot.get_fignums() else None


def _png(figure: Any, dpi: int) -> bytes:
    into = io.BytesIO()
    figure.savefig(into, format="png", dpi=dpi, bbox_inches="tight", backend="Agg")
    data = into.getvalue()
    if not data:
        raise ValueError("the figure wrote no picture")
    return data


def _line(error: Exception) -> str:
    """Return an error in one short line."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:199]}" if said else type(error).__name__


def _named(value: Any) -> str:
    kind = cast(type[object], type(value))
    return "nothing" if value is None else f"a {kind.__module__}.{kind.__qualname__}"
