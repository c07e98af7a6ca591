"""One message of any length as the messages a platform takes."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from gateway.errors import TooLarge
from gateway.model import Capabilities, FromBytes, FromPath, Outgoing, OutgoingFile

T = TypeVar("T")


def plan(message: Outgoing, capabilities: Capabilities, texts: Sequence[str]) -> list[Outgoing]:
    """The parts: one per text, buttons and files with the last of them, what is too many of these in parts behind it,
    feedback with the very last. Nothing to show gives no part."""
    if not message.buttons and not message.files and len(texts) == 1 and texts[0] == message.text:
        return [message]  # nearly always
    buttons = _groups(message.buttons, capabilities.buttons_per_message)
    files = _groups(message.files, capabilities.files_per_message)
    extra = max(len(buttons), len(files))
    if len(texts) <= 1 and extra <= 1:
        if not texts and not extra:
            return []
        return [message] if not texts or texts[0] == message.text else [replace(message, text=texts[0])]
    bare = replace(message, buttons=(), files=(), feedback=None, citations=())
    parts = [replace(bare, text=text) for text in texts[:-1]]
    for index in range(max(extra, 1)):
        parts.append(
            replace(
                message,
                text=texts[-1] if texts and not index else "",
                buttons=buttons[index] if index < len(buttons) else (),
                files=files[index] if index < len(files) else (),
                feedback=message.feedback if index >= extra - 1 else None,
            )
        )
    return parts


def degraded(message: Outgoing, capabilities: Capabilities) -> Outgoing:
    """The message with what this platform has no place for put into its text."""
    if not message.citations or capabilities.citations:
        return message
    sources = [
        f"{number}. [{each.title}]({each.url})" if each.url else f"{number}. {each.title}"
        for number, each in enumerate(message.citations, 1)
    ]
    text = "\n\n".join(part for part in (message.text, "\n".join(sources)) if part)
    return replace(message, text=text, citations=())


def _groups(items: tuple[T, ...], size: int) -> list[tuple[T, ...]]:
    if not items:
        return []
    # A platform that counts none of them answers for itself: nothing may be dropped here.
    size = size if size > 0 else len(items)
    return [items[at : at + size] for at in range(0, len(items), size)]


async def check_files(files: Sequence[OutgoingFile], limit: int) -> None:
    """Raise ``TooLarge`` for a file the platform would refuse, before anything is sent."""
    for file in files:
        match file.source:
            case FromBytes(data=data):
                size = len(data)
            case FromPath(path=path):
                size = await asyncio.to_thread(_size, path)
            case _:
                continue
        if size > limit:
            raise TooLarge(f"{file.name} has {size / 1e6:.1f} MB; the platform takes files up to {limit / 1e6:g} MB")


def _size(path: Path) -> int:
    return path.stat().st_size
