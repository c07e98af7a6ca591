"""Maps what a recording calls something to what a replay calls it, and back: ids, tokens of controls, ids of fields."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from gateway.recording.pseudonyms import GUID, MILLISECONDS, SNOWFLAKE, TIMESTAMP
from gateway.recording.references import behind_head
from gateway.recording.vocabulary import FIELDS, TEXTS

_TOKEN = re.compile(r"token-\d+$")
_IDS = re.compile(
    rf"{GUID.pattern}|(?:8:orgid|29|28|19|a|f):[\w@.:=+-]{{4,200}}|{TIMESTAMP.pattern}|{SNOWFLAKE.pattern}"
    rf"|{MILLISECONDS.pattern}|\b[A-Z][A-Z0-9]{{2,20}}\b"
)


class Renaming:
    """What has another name in the replay than in the recording."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}
        self._then: dict[str, str] = {}

    def learn(self, then: str, now: str) -> None:
        """Note that what the recording calls ``then`` is called ``now``. What was noted first stays."""
        if then and now and then not in self._now:
            self._now[then] = now
            self._then.setdefault(now, then)

    def now(self, value: Any) -> Any:
        """Return JSON of the recording with the names of the replay."""
        return _renamed(value, self._now)

    def then(self, value: Any) -> Any:
        """Return JSON of the replay with the names of the recording."""
        return _renamed(value, self._then)

    def knows(self, then: str) -> bool:
        """Whether the replay has a name for what the recording calls this."""
        return then in self._now


def unknown_references(value: Any, renaming: Renaming) -> set[str]:
    """Return the tokens in a payload of the recording that no control of the replay has, as yet."""
    found: set[str] = set()
    _collect(value, renaming, found)
    return found


def _collect(value: Any, renaming: Renaming, found: set[str]) -> None:
    match value:
        case str():
            if (inner := _json(value)) is not None:
                _collect(inner, renaming, found)
            elif (match := _TOKEN.search(value)) is not None and not renaming.knows(match[0]):
                found.add(match[0])
        case Mapping():
            for each in cast(Mapping[str, Any], value).values():
                _collect(each, renaming, found)
        case list():
            for each in cast(Sequence[Any], value):
                _collect(each, renaming, found)
        case _:
            pass


def _renamed(value: Any, names: Mapping[str, str], field: str = "") -> Any:
    match value:
        case str():
            return _ids(value, names) if field in TEXTS else _text(value, names)
        case Mapping():
            members = cast(Mapping[str, Any], value)
            return {_key(key, names): _renamed(each, names, key) for key, each in members.items()}
        case list() | tuple():
            return [_renamed(each, names, field) for each in cast(Sequence[Any], value)]
        case _:
            return value


def _text(value: str, names: Mapping[str, str]) -> str:
    if (found := names.get(value)) is not None:
        return found
    if (found := behind_head(value, names.get)) is not None:
        return found
    if (inner := _json(value)) is not None:
        return json.dumps(_renamed(inner, names), ensure_ascii=False, separators=(",", ":"))
    return _ids(value, names)


def _key(key: str, names: Mapping[str, str]) -> str:
    return key if key in FIELDS else _text(key, names)


def _ids(value: str, names: Mapping[str, str]) -> str:
    """Return a text in which only ids are renamed."""
    return _IDS.sub(lambda match: names.get(match[0], match[0]), value)


def _json(value: str) -> Any:
    if not value or value[0] not in "{[":
        return None
    try:
        found: Any = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return cast(Any, found) if isinstance(found, dict | list) else None
