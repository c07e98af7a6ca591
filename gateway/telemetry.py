"""What the operator sees: structured logs with secrets redacted, and counters."""

import logging
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Literal, cast

# structlog draws tracebacks with rich where that is there, which it is because typer's help needs it: 5 MB and 25 ms of
# every start for something that is switched off below. So rich is out of sight while structlog is imported.
_modules = cast(dict[str, Any], sys.modules)
_hidden = "rich" not in _modules
if _hidden:
    _modules["rich"] = None  # which is how Python spells a module that cannot be imported
try:
    import structlog
finally:
    if _hidden:
        del _modules["rich"]

_SECRETS = re.compile(
    r"xox[a-z]-[\w-]{6,}"  # Slack bot, user and refresh tokens
    r"|xapp-[\w-]{6,}"  # Slack app-level tokens
    r"|(?<=Bearer )[\w.~+/=-]{8,}"
    r"|(?<=Bot )[\w.-]{20,}"  # Discord
    r"|\b[MNO][\w-]{22,30}\.[\w-]{6}\.[\w-]{25,}"  # the same, alone
    r"|(?<=/webhooks/)\d+/[\w.~-]{20,}|(?<=/interactions/)\d+/[\w.~-]{20,}"  # Discord: who has it may answer
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JWTs
    r"|(?<=://)[^/@\s:]+:[^/@\s]+(?=@)"  # user:password in a URL
    r"|sk-[\w-]{16,}"  # model providers' keys
)
_SECRET_NAMES = re.compile(r"token|secret|password|authorization|api_?key|credential", re.IGNORECASE)


def redact(value: Any, name: str = "") -> Any:
    """The value with anything that looks like a secret blanked out."""
    if isinstance(value, str):
        return "[redacted]" if _SECRET_NAMES.search(name) and value else _SECRETS.sub("[redacted]", value)
    if isinstance(value, Mapping):
        return {key: redact(item, str(key)) for key, item in cast(Any, value).items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in cast(Any, value)]
    return value


def _redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = redact(value, name)
    return event


def _redact_line(_: Any, __: str, line: Any) -> str:
    """Last of all: what other objects look like is known only once they are rendered."""
    return _SECRETS.sub("[redacted]", line)


def configure_logging(*, form: Literal["json", "console"], debug: bool) -> None:
    """Log to standard error. Libraries' own logging goes the same way, so it is redacted too."""
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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer, _redact_line],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.DEBUG if debug else logging.INFO, force=True)
    for noisy in ("uvicorn.error", "uvicorn.access", "slack_bolt", "slack_sdk", "asyncio", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.DEBUG if debug else logging.WARNING)
    # Its warnings are about what strangers send: nobody shall fill a disk with them.
    logging.getLogger("uvicorn.error").setLevel(logging.DEBUG if debug else logging.ERROR)
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        cache_logger_on_first_use=True,
    )


class Counters:
    """Counts per platform, shown by ``/readyz``."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._last: dict[str, float] = {}

    def add(self, platform: str, what: str) -> None:
        """Count one."""
        self._counts[platform][what] += 1

    def received(self, platform: str) -> None:
        """Count a delivery, and note when: a platform that went silent looks alive by every other sign."""
        self.add(platform, "received")
        self._last[platform] = time.time()

    def of(self, platform: str) -> Mapping[str, int | str]:
        """The platform's counts, and when it was last heard of (UTC)."""
        counts: dict[str, int | str] = dict(self._counts.get(platform, {}))
        if (last := self._last.get(platform)) is not None:
            counts["last_received"] = datetime.fromtimestamp(last, UTC).isoformat(timespec="seconds")
        return counts
