"""Writes a recording: what arrives and what goes out, with secrets and personal details replaced."""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, Self, cast, get_args

import structlog

from gateway.adapter import Adapter
from gateway.model import COMMANDS, Envelope
from gateway.recording.calls import JSON, ref_json, references_in
from gateway.recording.file import MAX_BYTES, RecordingFile
from gateway.recording.listening import heard
from gateway.recording.pseudonyms import Pseudonyms
from gateway.recording.replacing import Replacer, Words
from gateway.settings import GatewaySettings, PlatformSettings

log = structlog.get_logger(__name__)


class Activity(Protocol):
    """Knows where turns run."""

    def is_busy(self, conversation: str) -> bool:
        """Whether something happens in the conversation of this key before a person's next answer."""
        ...


_FAILURES = 5
"""Lines that may fail to be written before the recording ends."""
_OPEN_CALLS = 100_000
"""Calls that may be under way at the same time; what is begun beyond that is not recorded."""
_NO_BUSINESS_OF_A_REPLAY = frozenset({"port", "debug", "root_path", "compat"})


def settings_json(settings: GatewaySettings | PlatformSettings) -> JSON:
    """Return the settings that say how the bot behaves: switches, numbers and choices that differ from their defaults.
    Texts, such as addresses, keys and paths, are never among them."""
    found: JSON = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        choice = isinstance(value, str) and value in get_args(field.annotation)
        plain = isinstance(value, bool | int | float) or choice
        if plain and value != field.default and name not in _NO_BUSINESS_OF_A_REPLAY:
            found[name] = value
    return found


class Recorder:
    """Writes what it hears into a file. Implements ``Listener``.

    Used as a context manager it ends the recording. Nothing of the bot depends on it: a line that fails in here is
    logged and left out, and after several the recording ends.
    """

    def __init__(self, file: RecordingFile, *, words: Words = "mask") -> None:
        self._file = file
        self._names = Pseudonyms()
        self._replacer = Replacer(self._names, words=words, commands=[each.name for each in COMMANDS])
        self._began = time.monotonic()
        self._arrivals = 0
        self._calls = 0
        self._open: dict[int, JSON] = {}
        self._failures = 0
        self._activity: Activity | None = None

    @classmethod
    def into(
        cls,
        folder: Path,
        settings: GatewaySettings,
        platforms: Iterable[PlatformSettings] = (),
        *,
        version: str,
        words: Words = "mask",
        limit: int = MAX_BYTES,
    ) -> "Recorder":
        """Begin a recording in a folder. Raises ``SettingsError``.

        Args:
            folder: Where to write it; it is made where it is not there.
            settings: Those of the gateway.
            platforms: Those of its platforms.
            version: The gateway's version.
            words: Whether the words of texts are kept.
            limit: Bytes at which the recording ends.
        """
        blocks = {
            block.platform: {type(block).variable(name): str(value) for name, value in settings_json(block).items()}
            for block in platforms
        }
        header = {
            "gateway": version,
            "words": words,
            "settings": settings_json(settings),
            "platform_settings": {name: told for name, told in blocks.items() if told},
        }
        return cls(RecordingFile.create(folder, header, limit=limit), words=words)

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    def wrap(self, adapter: Adapter, activity: Activity) -> Adapter:
        """Return the adapter as one whose deliveries and calls are recorded. ``activity`` knows where turns run."""
        self._activity = activity
        return heard(adapter, self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    # -- Listener

    def arrived(self, envelope: Envelope) -> int:
        self._arrivals += 1
        busy = self._activity is not None and self._activity.is_busy(envelope.ref.key)
        self._write(
            lambda: {
                "kind": "arrived",
                "n": self._arrivals,
                "t": self._time(),
                "busy": busy,
                "to": self._place(ref_json(envelope.ref)),
                "key": self._names.refer(envelope.key, "delivery"),
                "body": self._replacer.value(envelope.body),
            }
        )
        return self._arrivals

    def accepted(self, number: int, result: JSON) -> None:
        at = self._time()
        self._write(lambda: {"kind": "accepted", "n": number, "t": at, "result": self._replaced(result)})

    def calling(self, method: str, to: JSON, args: JSON) -> int:
        self._calls += 1
        at = self._time()
        if len(self._open) < _OPEN_CALLS:
            self._open[self._calls] = {"kind": "call", "n": self._calls, "t": at, "method": method}
            self._guarded(lambda: self._open[self._calls].update(to=self._place(to), args=self._arguments(args)))
        return self._calls

    def called(self, number: int, result: JSON) -> None:
        line = self._open.pop(number, None)
        if line is not None and "args" in line:
            line["took"] = round(self._time() - line["t"], 4)
            self._write(lambda: {**line, "result": self._replaced(result)})

    # -- internals

    def _arguments(self, args: JSON) -> JSON:
        for each in args.get("commands", ()):
            self._replacer.commands.add(str(each["command"]))
        replaced = self._replaced(args)
        if "key" in args:
            replaced["key"] = self._names.refer(str(args["key"]), "key")
        return replaced

    def _replaced(self, value: JSON) -> JSON:
        """Return what was called, or came of it. The words in it that are the gateway's own stay as they are."""
        for reference, kind in references_in(value):
            self._names.refer(reference, kind)
        replaced: JSON = self._replacer.value(value)
        for own in ("failure", "status"):
            if own in value:
                replaced[own] = value[own]
        if isinstance(to := value.get("to"), dict):
            replaced["to"] = self._place(cast(JSON, to))
        if isinstance(answer := value.get("answer"), dict):
            replaced["answer"]["kind"] = answer["kind"]
        return replaced

    def _place(self, ref: JSON) -> JSON:
        """Return a conversation."""
        replaced: JSON = self._replacer.value(ref)
        return {**replaced, "platform": ref["platform"], "kind": ref["kind"]}

    def _time(self) -> float:
        return round(time.monotonic() - self._began, 4)

    def _write(self, line: Callable[[], Mapping[str, Any]]) -> None:
        self._guarded(lambda: self._file.write(line()))

    def _guarded(self, do: Callable[[], object]) -> None:
        if self._failures > _FAILURES:
            return
        try:
            do()
        except Exception as error:  # a recording is there to find faults, and must not be one
            self._failures += 1
            traceback = error if self._failures == 1 else None
            log.warning("recording.line_lost", file=str(self._file.path), error=repr(error)[:300], exc_info=traceback)
            if self._failures > _FAILURES:
                log.error("recording.stopped", file=str(self._file.path), error="too many lines could not be written")
                self._file.close()
