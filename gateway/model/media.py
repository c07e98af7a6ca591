"""Media types of files: guessed from what the platform states and from the name, matched with what an ask accepts."""

import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from gateway.model.element import ElementKind

UNKNOWN = "application/octet-stream"
"""The media type of a file about which nothing is known."""

_VAGUE = {"", UNKNOWN, "binary/octet-stream", "application/binary", "application/unknown"}

_BY_ENDING = {
    # What `mimetypes` knows only on machines with a complete /etc/mime.types, or not at all.
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".heic": "image/heic",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".ogg": "audio/ogg",
    ".opus": "audio/opus",
    ".parquet": "application/vnd.apache.parquet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".toml": "application/toml",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}


def media_type(name: str, stated: str = "") -> str:
    """Return the media type of a file: the stated one (lower case, without parameters); where that is vague, the one of
    the name's ending; else ``application/octet-stream``."""
    said = stated.partition(";")[0].strip().lower()
    return said if said not in _VAGUE else _guessed(name) or UNKNOWN


def accepts(name: str, mime: str, accept: Sequence[str] | Mapping[str, Sequence[str]]) -> bool:
    """Return whether an ask accepts a file, by its media type **or** its ending.

    ``accept`` is a list of media types (``text/plain``, ``image/*``) and endings (``.csv``), or a dict of media type
    to endings; an empty one accepts everything. The type that belongs to the name counts as well as the stated one,
    because some platforms call every text file ``text/plain``.
    """
    types = {media_type(name, mime), _guessed(name)} - {""}
    ending = PurePosixPath(name).suffix.lower()
    wanted = list(accept)
    if isinstance(accept, Mapping):
        wanted += [_dotted(one) for endings in accept.values() for one in endings]
    return not wanted or any(_matches(types, ending, one.strip().lower()) for one in wanted)


def kind_of(mime: str) -> ElementKind:
    """Return the kind of element that fits a media type: ``image``, ``audio``, ``video``, ``pdf``, else ``file``."""
    match mime.partition("/")[0]:
        case "image" | "audio" | "video" as kind:
            return kind
        case _:
            return "pdf" if mime == "application/pdf" else "file"


def _guessed(name: str) -> str:
    return _BY_ENDING.get(PurePosixPath(name).suffix.lower()) or mimetypes.guess_type(name)[0] or ""


def _matches(types: set[str], ending: str, wanted: str) -> bool:
    if wanted in ("*", "*/*") or wanted in types or (wanted.startswith(".") and ending == wanted):
        return True
    return wanted.endswith("/*") and any(one.startswith(wanted[:-1]) for one in types)


def _dotted(ending: str) -> str:
    return ending if ending.startswith(".") else f".{ending}"
