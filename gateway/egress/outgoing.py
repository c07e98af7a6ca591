"""Divides one message of any length into messages that are within the platform's limits."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from gateway.disk import in_thread
from gateway.errors import Rejected, TooLarge
from gateway.model import Capabilities, FromBytes, FromPath, FromUrl, Outgoing, OutgoingFile

T = TypeVar("T")

_AT_ONCE = 64 * 1024
"""Bytes in memory up to which a file is hashed on the event loop, because handing it to a thread would take longer."""
_CHUNK = 1024 * 1024
"""Bytes of a file that are read at once."""


def layout(message: Outgoing, capabilities: Capabilities, texts: Sequence[str]) -> list[Outgoing]:
    """Return the parts of a message: one per text; cards, plan, buttons, menus and files with the last of them, what is
    too many of these in parts behind it, and feedback with the last part it can stand under. Nothing to show gives no
    part."""
    spills = message.buttons or message.files or message.menus
    if not spills and len(texts) == 1 and texts[0] == message.text:
        return [message]  # nearly always
    buttons = _groups(message.buttons, capabilities.buttons_per_message)
    menus = _groups(message.menus, capabilities.menus_per_message)
    files = _groups(message.files, capabilities.files_per_message)
    extra = max(len(buttons), len(menus), len(files), int(bool(message.cards or message.plan)))
    if not texts and not extra:
        return []
    bare = replace(message, buttons=(), menus=(), cards=(), plan=None, files=(), feedback=None, citations=())
    parts = [replace(bare, text=text) for text in texts[:-1]]
    for index in range(max(extra, 1)):
        parts.append(
            replace(
                message,
                text=texts[-1] if texts and not index else "",
                buttons=buttons[index] if index < len(buttons) else (),
                menus=menus[index] if index < len(menus) else (),
                cards=message.cards if not index else (),
                plan=message.plan if not index else None,
                files=files[index] if index < len(files) else (),
                feedback=None,
            )
        )
    if message.feedback is not None:
        at = next((at for at in range(len(parts) - 1, -1, -1) if _can_be_rated(parts[at])), None)
        if at is not None:
            parts[at] = replace(parts[at], feedback=message.feedback)
    return parts


def _can_be_rated(part: Outgoing) -> bool:
    """Whether feedback buttons can be shown under a part: a file alone is no message on some platforms."""
    shown = part.text.strip() or part.buttons or part.menus or part.cards or part.plan
    return bool(shown or any(file.kind == "image" for file in part.files))


def _groups(items: tuple[T, ...], size: int) -> list[tuple[T, ...]]:
    if not items:
        return []
    # A limit of 0 means that the adapter itself refuses or converts them: nothing may be dropped here.
    size = size if size > 0 else len(items)
    return [items[at : at + size] for at in range(0, len(items), size)]


async def prepared(message: Outgoing, limit: int) -> Outgoing:
    """Return the message with the mark (a digest of the content) of each file set. Raises ``TooLarge`` for a file of
    more than ``limit`` bytes and ``Rejected`` for one that cannot be read, before anything is sent."""
    if not message.files:
        return message
    files: list[OutgoingFile] = []
    for file in message.files:
        match file.source:
            case FromBytes(data=data):
                size = len(data)
            case FromPath(path=path):
                size = await _read(file, path, partial(_size, path))
            case _:
                size = 0
        if size > limit:
            raise TooLarge(f"{file.name} has {size / 1e6:.1f} MB; the platform takes files up to {limit / 1e6:g} MB")
        files.append(file if file.mark else replace(file, mark=await _mark(file, size)))
    return replace(message, files=tuple(files))


def _size(path: Path) -> int:
    return path.stat().st_size


async def _mark(file: OutgoingFile, size: int) -> str:
    """Return a digest of the file, by which a changed file is told from the one posted before."""
    if isinstance(file.source, FromPath):
        return await _read(file, file.source.path, lambda: _digest(file))
    return _digest(file) if size <= _AT_ONCE else await in_thread(_digest, file)


async def _read(file: OutgoingFile, path: Path, read: Callable[[], T]) -> T:
    try:
        return await in_thread(read)
    except OSError as error:
        raise Rejected(f"file {file.name!r}: {error.strerror}: {path}") from error


def _digest(file: OutgoingFile) -> str:
    digest = hashlib.blake2b(file.kind.encode(), digest_size=8)
    match file.source:
        case FromBytes(data=data):
            digest.update(data)
        case FromPath(path=path):
            with path.open("rb") as opened:
                while chunk := opened.read(_CHUNK):
                    digest.update(chunk)
        case FromUrl(url=url):
            digest.update(url.encode(errors="surrogatepass"))
    return digest.hexdigest()
