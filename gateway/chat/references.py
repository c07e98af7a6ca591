"""What a message refers to, as a handler sees it: a quote beside the person's own words, and data.

What is replied to or quoted is put above the words, what is forwarded below them, each as a Markdown block quote that
begins with its author's name.
"""

import re
from collections.abc import Sequence
from typing import Any

from gateway.model import MessageCreated, Reference, RemoteFile

_SPECIAL = re.compile(r"([\\`*_\[\]<>])")


def quoted(event: MessageCreated) -> str:
    """Return the message's text with block quotes of what it replies to, quotes or forwards."""
    if not event.references:
        return event.text
    above = [_block(each) for each in event.references if each.kind != "forward"]
    below = [_block(each) for each in event.references if each.kind == "forward"]
    return "\n\n".join(part for part in (*above, event.text, *below) if part)


def referred_files(event: MessageCreated) -> tuple[RemoteFile, ...]:
    """Return the message's own files and behind them those of what it refers to, each file once."""
    if not event.references:
        return event.files
    files = {file.id: file for each in event.references for file in each.files}
    own = {file.id for file in event.files}
    return (*event.files, *(file for id, file in files.items() if id not in own))


def as_metadata(references: Sequence[Reference]) -> list[dict[str, Any]]:
    """Return the references as JSON for ``message.metadata``, without the addresses of files: some open to anybody."""
    return [
        {
            "kind": each.kind,
            "message_id": each.message_id,
            "author": each.author,
            "text": each.text,
            "files": [{"name": file.name, "mime": file.mime, "size": file.size} for file in each.files],
        }
        for each in references
    ]


def _block(reference: Reference) -> str:
    """Return the reference as a block quote; empty where its words and files are unknown."""
    words = reference.text.strip("\n") or "\n".join(f"📎 {_plain(file.name)}" for file in reference.files)
    if not words.strip():
        return ""
    author = _plain(reference.author)
    lines = [*([f"**{author}:**"] if author else []), *words.splitlines()]
    return "\n".join(f"> {line}" if line.strip() else ">" for line in lines)


def _plain(name: str) -> str:
    """Return one line of Markdown that shows the name as it is."""
    return _SPECIAL.sub(r"\\\1", " ".join(name.split()))
