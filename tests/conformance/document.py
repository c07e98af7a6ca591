"""Reads the samples out of the document that specifies the handler API. Nothing of it is kept in this repository."""

import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
WHERE = "GATEWAY_SAMPLES"
"""The environment variable that names the document, or the folder it is in."""
BESIDE = ROOT.parent / "shared" / "seeds"
"""Where it is looked for without the variable."""
COUNT = 132
"""Python blocks the document has."""
WEB = {
    "13", "14", "15", "34", "35", "39", "62", "63", "64", "65", "66", "68", "69", "82", "95", "96", "97", "103", "104",
}  # fmt: skip
"""Samples that mean something only in a web page."""
EXTRA = 106
"""The number two blocks of one page share: the second is ``106b``."""

_PAGE = re.compile(r"^## File: (?P<page>\S+)$")
_FENCE = re.compile(r"^\s*(?P<marks>`{3,4})(?P<language>\w*)")
_HEADING = re.compile(r"^\s*#+ (?P<words>.+)$")


class Sample(NamedTuple):
    """One Python block of the document."""

    number: str
    """Its place among the Python blocks, from 1 on."""
    page: str
    section: str
    code: str


def find() -> Path | None:
    """Return the document, or None where it is not on this machine."""
    given = os.environ.get(WHERE)
    path = Path(given) if given else BESIDE
    if path.is_dir():
        return next((each for each in sorted(path.glob("*.txt")) if _holds(each)), None)
    return path if path.is_file() else None


def _holds(path: Path) -> bool:
    return "## File: api-reference/lifecycle-hooks/on-message.mdx" in path.read_text(encoding="utf-8")


@cache
def samples() -> dict[str, Sample]:
    """Return the samples of a messaging platform by number; none where the document is absent.

    Raises:
        ValueError: The document has another count of blocks than the numbers are made for.
    """
    path = find()
    if path is None:
        return {}
    blocks = read(path.read_text(encoding="utf-8"))
    if len(blocks) != COUNT:
        raise ValueError(f"{path} has {len(blocks)} Python blocks; the samples are numbered for {COUNT}")
    return {each.number: each for each in blocks if each.number not in WEB}


def read(text: str) -> list[Sample]:
    """Return all Python blocks of a document in order."""
    lines = iter(text.splitlines())
    found: list[Sample] = []
    page = section = ""
    for line in lines:
        if match := _PAGE.match(line):
            page, section = match["page"], ""
        elif line.strip().startswith("`````"):
            continue  # around a whole page
        elif match := _FENCE.match(line):
            code: list[str] = []
            for inner in lines:
                if inner.strip() == match["marks"]:
                    break
                code.append(inner)
            if match["language"] in ("python", "py"):
                found.append(Sample(_number(len(found) + 1), page, section, "\n".join(code) + "\n"))
        elif match := _HEADING.match(line):
            section = match["words"]
    return found


def _number(place: int) -> str:
    if place <= EXTRA:
        return str(place)
    return f"{EXTRA}b" if place == EXTRA + 1 else str(place - 1)
