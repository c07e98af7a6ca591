"""The blocks of code in the documents, each with what a comment in front of it says about it.

A comment in HTML, which nobody sees who reads the page, may stand in front of a block:

``<!-- setup`` and lines of Python
    The lines stand in front of the block when it is run.
``<!-- file: trip.csv -->``
    The block is a file of this name, which is there when the page's programs run.
``<!-- not run: … -->``
    The block is not run, for the reason given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_BLOCK = re.compile(
    r"(?:^<!--\s*(?P<word>setup|file:|not run:)(?P<said>.*?)-->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w*)(?P<options>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code in a document."""

    document: str
    """The document's path below the root."""
    line: int
    """The line of the document in which the code begins."""
    language: str
    code: str
    setup: str = ""
    """What stands in front of the code when it is run."""
    file: str | None = None
    """The name of the file that the block is."""
    excuse: str | None = None
    """Why the block is not run."""
    talk: str | None = None
    """The conversation that stands below a program: the next block, if its language is ``chat``."""

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def documents() -> list[Path]:
    """Return all documents whose blocks are looked at: those for people who use or change the gateway."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("*.md")]
    return sorted(path for path in found if path.is_file())


def blocks_of(path: Path) -> list[Block]:
    """Return the blocks of a document, in order."""
    text = path.read_text(encoding="utf-8")
    found = list(_found(path.relative_to(ROOT).as_posix(), text))
    talks = [each.code if each.language == "chat" else None for each in found[1:]]
    return [
        Block(each.document, each.line, each.language, each.code, each.setup, each.file, each.excuse, talk)
        for each, talk in zip(found, [*talks, None], strict=False)
    ]


def _found(document: str, text: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(text):
        word, said = match["word"], (match["said"] or "").strip()
        indent = len(match["indent"])
        yield Block(
            document,
            text.count("\n", 0, match.start("code")) + 1,
            match["language"],
            "".join(line[indent:] if line.strip() else line for line in match["code"].splitlines(keepends=True)),
            setup=f"{said}\n" if word == "setup" else "",
            file=said if word == "file:" else None,
            excuse=said if word == "not run:" else None,
        )


def blocks(*languages: str) -> list[Block]:
    """Return the blocks of all documents that are written in one of these languages."""
    return [block for path in documents() for block in blocks_of(path) if block.language in languages]


def files_of(document: str) -> dict[str, str]:
    """Return the files that the blocks of a document are, by their names."""
    return {block.file: block.code for block in blocks_of(ROOT / document) if block.file is not None}
