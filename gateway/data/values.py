"""Values as every data layer keeps them: texts that each database takes, and times."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, cast

from gateway.model.text import storable, time_text


def clean(value: Any) -> Any:
    """Return a value without what a database refuses: NUL characters and halves of surrogate pairs become U+FFFD."""
    match value:
        case str():
            return storable(value)
        case dict():
            return {clean(key): clean(each) for key, each in cast(Mapping[Any, Any], value).items()}
        case list() | tuple():
            return [clean(each) for each in cast(Iterable[Any], value)]
        case _:
            return value


def now() -> str:
    """Return the time now, as data layers keep it: ISO 8601 in UTC, to the microsecond."""
    return time_text(time.time())
