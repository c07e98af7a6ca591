"""Structured logs on standard error, with secrets redacted from every line."""

import logging
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Literal, TextIO, cast

import structlog

from gateway.errors import StoreFailed
from gateway.redaction import BLANK, SECRET_NAMES, redact
from gateway.telemetry.floods import FloodFilter, Floods, holding_back

_LONGEST = 20_000
"""Characters of one value that a log line shows: an error of user code may have any text."""
_SECRET = 5_000
"""Characters beyond these that are looked at, so that no secret is cut in two and then not recognised."""


def shown(value: Any, name: str = "") -> Any:
    """Return the value as a log may show it, with secrets blanked out of everything nested in it. ``name`` is the field
    it stands in: a field named like a secret is blanked out whole."""
    if isinstance(value, str):
        return BLANK if SECRET_NAMES.search(name) and value else _cut(value)
    if isinstance(value, Mapping):
        return {key: shown(item, str(key)) for key, item in cast(Any, value).items()}
    if isinstance(value, list | tuple):
        return [shown(item, name) for item in cast(Any, value)]
    return value if value is None or isinstance(value, int | float) else _cut(repr(value))


def _cut(text: str) -> str:
    """Return a text without secrets, and of a long one the beginning."""
    if len(text) <= _LONGEST:
        return redact(text)
    return f"{redact(text[: _LONGEST + _SECRET])[:_LONGEST]}… ({len(text):,} characters)"


def _unless_said(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop an event about a ``StoreFailed``: the store logs once that it fails, and a thousand others who meet that
    failure have nothing to add."""
    error: Any = event.get("exc_info")
    if isinstance(error if isinstance(error, BaseException) else error and sys.exc_info()[1], StoreFailed):
        raise structlog.DropEvent
    return event


def _redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if not name.startswith("_"):  # the renderer's own
            event[name] = shown(value, name)
    return event


def _redact_line(_: Any, __: str, line: Any) -> str:
    """Redact the finished line: what looks like a secret may only appear when a library's message is put together."""
    return redact(line)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes log lines. Of a line that cannot be written it writes only that fact: the standard library would print the
    line's arguments as they are, secrets included."""

    def handleError(self, record: logging.LogRecord) -> None:
        with suppress(Exception):
            self.stream.write(_unwritten(record.name, sys.exc_info()[1]) + self.terminator)


def _unwritten(logger: str, error: BaseException | None) -> str:
    return f"a log line of {logger} could not be written: {type(error).__name__}"


def log_what_the_interpreter_prints() -> None:
    """Send warnings and uncaught exceptions of threads and finalizers to the log, where they are redacted. This changes
    the whole process: call it only in one the gateway owns."""
    logging.captureWarnings(True)
    sys.unraisablehook = lambda of: _uncaught(of.err_msg or "in a finalizer", of.exc_value)
    threading.excepthook = lambda of: _uncaught(f"in the thread {of.thread.name if of.thread else '?'}", of.exc_value)


def _uncaught(where: str, error: BaseException | None) -> None:
    logging.getLogger(__name__).error("uncaught %s", where, exc_info=error)


def _unfailing(level: int) -> type[Any]:
    """Return structlog's logger class for ``level`` with calls that never raise, because a log call must not fail the
    code around it.

    structlog's own first parameter is named ``event``, so a field of that name would be a ``TypeError``: here the
    parameter is positional only, and the field becomes ``event_``.
    """
    made = structlog.make_filtering_bound_logger(level)

    def unfailing(method: Any) -> Any:
        def call(self: Any, event: Any = None, /, *args: Any, **fields: Any) -> Any:
            try:
                if "event" in fields:
                    fields["event_"] = fields.pop("event")
                return method(self, event, *args, **fields)
            except Exception as error:
                # Nothing else is left to do than to say that there was something to say.
                with suppress(Exception):
                    logging.getLogger(__name__).error(_unwritten(redact(str(event)), error))
                return None

        return call

    def silent(self: Any, event: Any = None, /, *args: Any, **fields: Any) -> None:
        """Log nothing: the call is below the level."""

    levels = {"debug": 10, "info": 20, "warning": 30, "warn": 30, "error": 40, "exception": 40, "critical": 50}
    calls = {name: unfailing(getattr(made, name)) if at >= level else silent for name, at in levels.items()}
    return type("UnfailingLogger", (made,), calls)


def configure_logging(*, form: Literal["json", "console"], debug: bool) -> None:
    """Set up logging to standard error for the whole process, the standard library's ``logging`` included, with secrets
    redacted and floods of one warning held back. ``form`` is ``json`` for machines or ``console`` for people; ``debug``
    logs everything, libraries included."""
    floods = Floods()
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer, _redact_line],
        )
    )
    if not debug:
        handler.addFilter(FloodFilter(floods))
    logging.basicConfig(handlers=[handler], level=logging.DEBUG if debug else logging.INFO, force=True)
    for noisy in ("uvicorn.error", "uvicorn.access", "slack_bolt", "slack_sdk", "asyncio", "aiohttp.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.DEBUG if debug else logging.WARNING)
    # Its warnings are about what strangers send: nobody shall fill a disk with them.
    logging.getLogger("uvicorn.error").setLevel(logging.DEBUG if debug else logging.ERROR)
    structlog.configure(
        processors=[
            *(() if debug else (_unless_said, holding_back(floods))),
            *processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=_unfailing(logging.DEBUG if debug else logging.INFO),
        cache_logger_on_first_use=True,
    )
