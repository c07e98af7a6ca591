"""Writes pieces of Markdown: code, links, tables, quotes and list items. Pure."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_RUNS = re.compile(r"`+")
_SCHEMES = ("http", "https", "mailto", "tel", "msteams")
_LOOSE = re.compile(r"^(?:https?://|mailto:|tel:)", re.IGNORECASE)
_IN_ADDRESS = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\n": "", "\t": ""})


def code_span(code: str) -> str:
    """Return inline code, behind more backticks than it contains in a row."""
    code = code.replace("\n", " ")
    if not code.strip():
        return code
    fence = "`" * (_longest_run(code) + 1)
    pad = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{fence}{pad}{code}{pad}{fence}"


def code_block(code: str, language: str) -> str:
    """Return a fenced block, behind more backticks than the code contains in a row."""
    fence = "`" * max(3, _longest_run(code) + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def _longest_run(code: str) -> int:
    return max((len(run) for run in _RUNS.findall(code)), default=0)


def link(label: str, address: str) -> str:
    """Return a link; the bare address where the label says nothing else, the label where there is no address to
    follow."""
    label, address = label.strip(), address.strip()
    if not _followed(address):
        return label
    if not label or _bare(label) == _bare(address):
        return label if label and _LOOSE.match(label) else address.removeprefix("mailto:")
    return f"[{_bracketed(label)}]({address.translate(_IN_ADDRESS)})"


def _followed(address: str) -> bool:
    try:
        return urlsplit(address).scheme.lower() in _SCHEMES
    except ValueError:
        return False


def _bare(address: str) -> str:
    return _LOOSE.sub("", address).rstrip("/").lower()


def _bracketed(label: str) -> str:
    """Return a label whose brackets cannot end it early."""
    label = label.replace("\n", " ")
    return label if "[" not in label and "]" not in label else label.replace("[", "\\[").replace("]", "\\]")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a GFM table whose first row is the header."""
    width = max((len(row) for row in rows), default=0)
    if not width:
        return ""
    head = [*rows[0], *([""] * (width - len(rows[0])))]
    lines = [_row(head), "|" + "---|" * width, *(_row(row) for row in rows[1:] if row)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def cell(text: str) -> str:
    """Return the text of a table's cell, on one line."""
    return text.strip().replace("|", "\\|").replace("\n", "<br>")


def quote(text: str) -> str:
    """Return the text as a block quote."""
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def item(text: str, mark: str) -> str:
    """Return a list item; what follows its first line is indented below it."""
    indent = " " * len(mark)
    head, *rest = text.split("\n")
    return "\n".join([f"{mark}{head}", *(f"{indent}{line}" if line else "" for line in rest)])


def styled(text: str, mark: str) -> str:
    """Return the text between marks, line by line: blanks at the ends of a line stay outside of the marks."""
    return "\n".join(_marked(line, mark) for line in text.split("\n"))


def _marked(line: str, mark: str) -> str:
    core = line.strip()
    if not core:
        return line
    at = line.index(core)
    return f"{line[:at]}{mark}{core}{mark}{line[at + len(core) :]}"
