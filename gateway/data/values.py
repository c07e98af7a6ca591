"""Values as every data layer keeps them: texts that each database takes, and times."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

_REFUSED = re.compile("[\x00\ud800-\udfff]")
"""NUL characters, and halves of surrogate pairs."""


def clean(value: Any) -> Any:
    """Return a value without what a database refuses: NUL characters and halves of surrogate pairs become U+FFFD."""
    match value:
        case str():
            return _REFUSED.sub("\ufffd", value)
        case dict():
            return {clean(key): clean(each) for key, each in cast(Mapping[Any, Any], value).items()}
        case list() | tuple():
            return [clean(each) for each in cast(Iterable[Any], value)]
        case _:
            return value


def now() -> str:
    """Return the time now, as data layers keep it: ISO 8601 in UTC, to the microsecond."""
    return iso(datetime.now(UTC))


def iso(moment: datetime) -> str:
    """Return a time that has a zone, as data layers keep it: ISO 8601 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
