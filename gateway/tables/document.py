"""Reads ``gateway.toml`` of the working folder, and knows in which line something stands, for error messages."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gateway.errors import SettingsError

TOML = Path("gateway.toml")
"""The file, in the working folder."""
TABLES = ("access", "limits")
"""The tables the file may have. Everything else in it is a setting with the name of its environment variable."""
MOST_BYTES = 1_000_000
"""Bytes of the largest ``gateway.toml`` that is read."""

_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*+([\w."'-][\w."' \t-]*)=""")


@dataclass(frozen=True, slots=True)
class TomlDocument:
    """What stands in ``gateway.toml``."""

    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The values above the first table, by their names."""
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """The tables, by their names."""
    lines: Sequence[str] = ()
    """The lines of the file."""

    def where(self, *path: str | int) -> str:
        """Return where something stands: ``gateway.toml, line 7``.

        Args:
            path: The names of the table and of the keys below it; last, maybe, the place in a list. Of what cannot be
                found, such as a key that is missing, it is the line of what is around it.
        """
        keys = tuple(each for each in path if isinstance(each, str))
        line, depth = self._line_of(keys)
        if line and depth == len(keys) and len(path) > len(keys):
            line = self._line_of_item(line, self._value(path))
        return f"{TOML}, line {line}" if line else str(TOML)

    def _line_of(self, keys: Sequence[str]) -> tuple[int, int]:
        """Return the line of the longest beginning of this path that stands somewhere, counted from 1, and how many
        keys of the path that is."""
        found, depth, table = 0, 0, tuple[str, ...]()
        for number, line in enumerate(self.lines, 1):
            if (header := _HEADER.match(line)) is not None:
                here = table = _names(header[1])
            elif (key := _KEY.match(line)) is not None:
                here = (*table, *_names(key[1]))
            else:
                continue
            if len(here) > depth and tuple(keys[: len(here)]) == here:
                found, depth = number, len(here)
        return found, depth

    def _line_of_item(self, first: int, value: object) -> int:
        quoted = (json.dumps(value, ensure_ascii=False), f"'{value}'")
        for number, line in enumerate(self.lines[first - 1 :], first):
            if any(each in line for each in quoted):
                return number
            if number > first and (_HEADER.match(line) or _KEY.match(line)):
                break
        return first

    def _value(self, path: Sequence[str | int]) -> object:
        value: Any = self.tables
        try:
            for each in path:
                value = value[each]
        except (KeyError, IndexError, TypeError):
            return None
        return value


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def read_document(path: Path = TOML) -> TomlDocument:
    """Return what stands in ``gateway.toml``; nothing where there is no such file. Raises ``SettingsError``, naming the
    line, for a file that is not TOML and for a table that does not exist."""
    if not path.is_file():
        return TomlDocument()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SettingsError(f"{TOML} is larger than {MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8")
        values: dict[str, Any] = tomllib.loads(text)
    except OSError as error:
        raise SettingsError(f"{TOML} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{TOML} is not TOML: {error}") from None
    tables: dict[str, Any] = {
        name: value for name, value in values.items() if isinstance(value, dict) or name.lower() in TABLES
    }
    document = TomlDocument(
        {name: value for name, value in values.items() if name not in tables}, tables, text.splitlines()
    )
    for name, value in tables.items():
        if name not in TABLES:
            close = get_close_matches(name.lower(), TABLES, 1)
            hint = (
                f"did you mean [{close[0]}]?" if close else f"there are {' and '.join(f'[{each}]' for each in TABLES)}"
            )
            raise SettingsError(f"{document.where(name)}: there is no table [{name}]; {hint}")
        if not isinstance(value, dict):
            raise SettingsError(f"{document.where(name)}: {name} is a table: write [{name}] and its keys below it")
    return document
