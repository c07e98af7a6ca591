"""Renders the pages: the templates beside this module, with everything escaped, and how times and texts are shown."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from gateway.redaction import redact
from gateway.telemetry.context import reference

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
"""The folder of the style, the script and the icon."""
_LONGEST = 20_000
"""Characters of one text that a page shows."""
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def moment(at: float | str | None) -> str | Markup:
    """Return a time as HTML: in UTC, to the second, which the pages' script shows in the zone of whoever looks, with
    the time in UTC as its title. ``at`` is in seconds since the epoch, or ISO 8601; without a time it is a dash."""
    if at is None or at == "":
        return "-"
    try:
        time = datetime.fromisoformat(at) if isinstance(at, str) else datetime.fromtimestamp(at, UTC)
        time = (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):  # another program wrote it
        return str(at)[:40]
    shown = f"{time:%Y-%m-%d %H:%M:%S} UTC"
    exact = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, shown, shown)


def duration(seconds: float | None) -> str:
    """Return a time span as people say it: ``340 ms``, ``4.2 s``, ``3 min 20 s``, ``2 h 5 min``, ``3 d 4 h``."""
    if seconds is None:
        return "-"
    seconds = max(0.0, seconds)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE)} s"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE)} min"
    return f"{int(seconds // _DAY)} d {int(seconds % _DAY // _HOUR)} h"


def cut(text: str | None, length: int = _LONGEST) -> str:
    """Return the beginning of a long text."""
    text = text or ""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def link(page: str, **parameters: str | None) -> str:
    """Return the address of a page, relative to the folder of all of them, so that it holds below any prefix."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{page}?{urlencode(given, errors='replace')}" if given else page


def clean(text: str | None) -> str:
    """Return an error of a handler without what looks like a secret: an older gateway stored errors as they were."""
    return redact(cut(text))


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(moment=moment, duration=duration, cut=cut, clean=clean, reference=reference)
    cast(dict[str, Any], made.globals)["link"] = link
    return made


_TEMPLATES = _environment()


def rendered(template: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """Return the answer with a page."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(values), status)
