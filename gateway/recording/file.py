"""The file of a recording: JSON Lines, a header first, then what happened in the order in which it ended.

::

    {"recording": 1, "gateway": "0.9.0", "words": "mask", "settings": {…}, "platform_settings": {…}}
    {"kind": "arrived", "n": 1, "t": 0.41, "busy": false, "to": {…}, "key": "delivery-1", "body": {…}}
    {"kind": "accepted", "n": 1, "t": 0.42, "result": {"status": "new", "answer": null}}
    {"kind": "call", "n": 1, "t": 0.43, "took": 0.01, "method": "send", "to": {…}, "args": {…}, "result": {…}}

``t`` is when it began, in seconds since the start of the recording. A line is written whole and at once, so that a
crash costs the last one at most.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
import structlog

from gateway.disk import make_folder
from gateway.disk.private import create
from gateway.errors import SettingsError

VERSION = 1
"""The version of the format. A reader refuses a higher one."""
MAX_BYTES = 100_000_000
"""Bytes of the largest recording; at this size it ends, and the bot goes on."""
_LINE = 20_000_000
"""Bytes of the longest line that is read."""
_FILES = 10_000
"""Recordings in one folder, at most."""

log = structlog.get_logger(__name__)


class Recording:
    """What a recording holds, read from its file."""

    def __init__(self, header: Mapping[str, Any], lines: list[dict[str, Any]], *, torn: bool) -> None:
        self.header = header
        self.lines = lines
        """The lines below the header, by the time at which they began."""
        self.torn = torn
        """Whether the last line is a part of one: the process that wrote it ended suddenly."""

    @property
    def platforms(self) -> list[str]:
        """The platforms something arrived from, or went out to, in the order in which they come."""
        return list(dict.fromkeys(str(line["to"]["platform"]) for line in self.lines if "to" in line))

    @property
    def is_full(self) -> bool:
        """Whether the recording ended because it was large enough."""
        return any(line["kind"] == "full" for line in self.lines)


class RecordingFile:
    """A recording that is being written. After an error it writes no more, and nothing is raised."""

    def __init__(self, path: Path, file: BinaryIO, *, limit: int = MAX_BYTES) -> None:
        self.path = path
        self._file: BinaryIO | None = file
        self._room = limit

    @classmethod
    def create(cls, folder: Path, header: Mapping[str, Any], *, limit: int = MAX_BYTES) -> "RecordingFile":
        """Begin the next recording in a folder, which is made where it is not there. Raises ``SettingsError``."""
        try:
            make_folder(folder)
            path = next(each for each in _names(folder) if not each.exists())
            made = cls(path, create(path), limit=limit)
        except OSError as error:
            raise SettingsError(f"cannot record into {folder}: {error.strerror}; choose another folder") from None
        except StopIteration:
            raise SettingsError(f"{folder} has {_FILES} recordings: choose another folder") from None
        made.write({"recording": VERSION, **header})
        return made

    def write(self, line: Mapping[str, Any]) -> None:
        """Write a line, if there is room for it."""
        if self._file is None:
            return
        data = orjson.dumps(line) + b"\n"
        self._room -= len(data)
        if self._room < 0:
            data = b'{"kind":"full"}\n'
            log.warning("recording.full", file=str(self.path), fix="start again with --record for a further one")
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            log.error("recording.stopped", file=str(self.path), error=error.strerror, fix="make room on the disk")
            self.close()
        if self._room < 0:
            self.close()

    def close(self) -> None:
        """End the recording."""
        if self._file is not None:
            file, self._file = self._file, None
            try:
                file.close()
            except OSError as error:
                log.error("recording.stopped", file=str(self.path), error=error.strerror)


def _names(folder: Path) -> Iterator[Path]:
    """Yield the paths of recordings. No name tells the time, because times are moved in a recording."""
    return (folder / f"recording-{number:04d}.jsonl" for number in range(1, _FILES + 1))


def recordings_in(place: Path) -> list[Path]:
    """Return the recordings in a folder, in the order in which they were made; or the one file that is named. Raises
    ``SettingsError`` where there is none."""
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise SettingsError(f"there is no recording at {place}: name the folder that `gateway run --record` was given")
    found = sorted(place.glob("recording-*.jsonl"))
    if not found:
        raise SettingsError(f"{place} has no recording-….jsonl: name the folder that `gateway run --record` was given")
    return found


def read(path: Path) -> Recording:
    """Return the recording in a file. Raises ``SettingsError``, naming the file and the line, for what is none."""
    lines: list[dict[str, Any]] = []
    torn = False
    try:
        with path.open("rb") as file:
            header = _header(path, file.readline(_LINE))
            number = 1
            while data := file.readline(_LINE):
                number += 1
                if torn:
                    raise SettingsError(f"{path} line {number - 1} is no line of a recording: was the file changed?")
                if not data.endswith(b"\n"):
                    torn = True
                    if len(data) >= _LINE:
                        raise SettingsError(f"{path} line {number} is longer than {_LINE:,} bytes: no gateway wrote it")
                found = _line(data)
                if found is None:
                    torn = True
                else:
                    torn = False
                    lines.append(_checked(found, path, number))
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    lines.sort(key=lambda line: cast(float, line.get("t", float("inf"))))
    return Recording(header, lines, torn=torn)


def _header(path: Path, data: bytes) -> Mapping[str, Any]:
    if not data.strip():
        raise SettingsError(f"{path} is empty: nothing was recorded")
    header = _line(data)
    version = None if header is None else header.get("recording")
    if header is None or not isinstance(version, int):
        raise SettingsError(
            f"{path} is no recording: its first line has no version; `gateway run --record` writes them"
        )
    if version > VERSION:
        by = str(header.get("gateway", "a later version"))[:40]
        raise SettingsError(f"{path} was written by gateway {by}, in a newer format ({version}): update the gateway")
    if header.get("words") not in ("keep", "mask") or not isinstance(header.get("settings", {}), dict):
        raise SettingsError(f"{path} line 1 is not what a gateway writes: was the file changed?")
    return header


def _line(data: bytes) -> dict[str, Any] | None:
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None


_KINDS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "arrived": {"n": int, "t": (int, float), "to": dict, "body": dict},
    "accepted": {"n": int, "t": (int, float), "result": dict},
    "call": {"n": int, "t": (int, float), "method": str, "to": dict, "args": dict, "result": dict},
    "full": {},
}
"""The kinds of lines, each with the fields that a replay needs."""


def _checked(line: dict[str, Any], path: Path, number: int) -> dict[str, Any]:
    fields = _KINDS.get(str(line.get("kind")))
    wrong = (
        None if fields is None else next((n for n, kind in fields.items() if not isinstance(line.get(n), kind)), None)
    )
    to = line.get("to", {})
    if fields is None or wrong is not None or ("to" in fields and not isinstance(to.get("platform"), str)):
        raise SettingsError(
            f"{path} line {number} is no line of a recording ({wrong or line.get('kind')!r}): was the file changed?"
        )
    return line
