"""What a person reads in the emulated Discord."""

import re
from typing import Any

from gateway.model import TASK_ICONS

Message = dict[str, Any]

ESCAPED = re.compile(r"\\([\\`*_~\[\]|<>#])")
"""What is escaped in Markdown, with its backslash."""
_SMALL = "-# "


def controls(message: Message) -> list[Message]:
    """Return the buttons of a message."""
    return [each for row in message.get("components", ()) for each in row["components"] if each["type"] == 2]


def selects(message: Message) -> list[Message]:
    """Return the string selects of a message."""
    return [each for row in message.get("components", ()) for each in row["components"] if each["type"] == 3]


def is_card(embed: Message) -> bool:
    """Return whether an embed is a card: not a plan, and not a file given by its address."""
    return "color" not in embed and "url" not in embed and set(embed) != {"type", "image"} and _SMALL not in _of(embed)


def card(embed: Message) -> str:
    """Return an embed as lines a person reads: title, text, ``name: value``, the picture's address."""
    fields = [f"{field['name']}: {field['value']}" for field in embed.get("fields", ())]
    lines = [embed.get("title", ""), _of(embed), *fields, embed.get("image", {}).get("url", "")]
    return plain("\n".join(line for line in lines if line))


def split_plan(message: Message) -> tuple[str, tuple[str, ...]]:
    """Return what a message says, and the lines of its plan: small print at the end, or an embed."""
    content = message["content"].strip()
    for embed in message["embeds"]:
        if "color" in embed:
            return content, tuple(plain(f"{embed['title']}\n{_of(embed)}").split("\n"))
        if _SMALL in _of(embed):
            return content, tuple(line.removeprefix(_SMALL) for line in plain(_of(embed)).split("\n"))
    lines = content.split("\n")
    start = len(lines)
    while start and lines[start - 1].startswith(_SMALL):
        start -= 1
    small = [line.removeprefix(_SMALL) for line in lines[start:]]
    if not any(icon in line for line in small for icon in TASK_ICONS.values()):
        return content, ()
    return "\n".join(lines[:start]).strip(), tuple(plain(line) for line in small)


def plain(markdown: str) -> str:
    """Return Markdown without the backslashes of what is escaped."""
    return ESCAPED.sub(r"\1", markdown)


def _of(embed: Message) -> str:
    return str(embed.get("description", ""))


def file_name(file: Message) -> str:
    """Return the name that a person reads: the title with the file's ending, where there is one."""
    title = file.get("title")
    return f"{title}.{file['filename'].rpartition('.')[2]}" if title else str(file["filename"])
