"""Writes docs/conformance.md: each sample, whether it holds on each platform, and how it looks where not native."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conformance.document import ROOT, Sample, samples
from tests.conformance.expectations import EXPECTATIONS
from tests.conformance.later import LATER

PLATFORMS = ("slack", "discord", "teams")
NAMES = ("gateway", "chainlit")
"""What a sample imports: the gateway, or Chainlit, as it stands in the documents."""
PAGE = ROOT / "docs" / "conformance.md"
PLATFORMS_PAGE = ROOT / "docs" / "platforms.md"

LATER_MARK = "–"  # noqa: RUF001 (the dash that stands for nothing in a table)

HEAD = """# Conformance

The {count} samples of the documented handler API that mean something on a messaging platform, each run on the three
emulated platforms as a person meets it. `make conformance` runs them and writes this page, where the document with the
samples is on the machine.

✓: the person sees what the document promises. ✗: they do not. {mark}: it does not run here, and the last column says
why. Each is run with `import gateway as cl`, and, in the column *unchanged*, with `import chainlit as cl` under
`--compat chainlit` on all three. Where a platform has no control of its own for it, the last column says what is shown,
in the words of [platforms.md](platforms.md).

The samples of instrumented clients run with the real `openai` against the fake model, those of chains and agents with
the real callbacks of `langchain_core`, `langgraph` and `llama_index.core`, those of tools with the real `mcp`. Models,
and LangChain's names of its first version, are stand-ins (`tests/conformance/stubs`), as pandas, Plotly, Matplotlib and
others are here: `make test-integrations` runs these three with the real libraries.

{held} of {runs} runs ({run} samples, two names, three platforms) show it; {later} samples do not run here.

| # | sample | Slack | Discord | Teams | unchanged | shown |
|---|---|---|---|---|---|---|
"""


class Result(NamedTuple):
    """How one sample went on one platform."""

    number: str
    platform: str
    name: str
    """What it imports, one of ``NAMES``."""
    passed: bool


Appearance = Mapping[str, Sequence[Mapping[str, str]]]
"""How each part of the API looks on each platform, in one or several lines."""


def appearance(page: str) -> Appearance:
    """Return how each part of the API looks, by the names in the first column of the page."""
    found: dict[str, list[dict[str, str]]] = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) > len(PLATFORMS):  # ChatKit has a column too, and no samples
            for name in re.findall(r"`@?([\w.]+)[^`]*`", cells[0]):
                found.setdefault(name, []).append(dict(zip(PLATFORMS, cells[1:], strict=False)))
    return found


def write(results: Iterable[Result], path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page(results, samples(), appearance(PLATFORMS_PAGE.read_text(encoding="utf-8"))), encoding="utf-8")


def page(results: Iterable[Result], all_samples: Mapping[str, Sample], appearance: Appearance) -> str:
    """Return the page for these results."""
    passed = {(each.number, each.platform, each.name): each.passed for each in results}
    own, unchanged = NAMES
    rows: list[str] = []
    for sample in all_samples.values():
        marks = [_mark(sample.number, passed.get((sample.number, platform, own))) for platform in PLATFORMS]
        marks.append(_mark_of_all(sample.number, [passed.get((sample.number, each, unchanged)) for each in PLATFORMS]))
        title = f"{sample.page.removesuffix('.mdx')}{f': {sample.section}' if sample.section else ''}"
        shown = LATER.get(sample.number) or _shown(sample.number, appearance)
        rows.append(f"| {sample.number} | {title} | {' | '.join(marks)} | {shown} |")
    run = len(all_samples) - len(LATER)
    head = HEAD.format(
        mark=LATER_MARK, count=len(all_samples), held=sum(passed.values()), run=run, runs=6 * run, later=len(LATER)
    )
    return head + "\n".join(rows) + "\n"


def _mark(number: str, passed: bool | None) -> str:
    return LATER_MARK if passed is None or number in LATER else "✓" if passed else "✗"


def _mark_of_all(number: str, passed: Sequence[bool | None]) -> str:
    """Return the mark of a sample on all platforms; where it holds on some only, it names the others."""
    failing = [platform.capitalize() for platform, each in zip(PLATFORMS, passed, strict=True) if each is False]
    return f"✗ {', '.join(failing)}" if failing else _mark(number, None if None in passed else True)


def _shown(number: str, appearance: Appearance) -> str:
    """Return how the sample's parts look where they are not the platform's own."""
    parts: list[str] = []
    for name in EXPECTATIONS[number].uses:
        parts += [f"`{name}` is not listed in platforms.md"] if name not in appearance else []
        for platform in PLATFORMS:
            cells = dict.fromkeys(line[platform] for line in appearance.get(name, ()))
            parts += [f"{platform.capitalize()}: {cell}" for cell in cells if not _native(cell)]
    return "; ".join(parts)


def _native(cell: str) -> bool:
    """Return whether a part of the API is the platform's own there, always."""
    return cell.startswith("native") and ";" not in cell and " else " not in cell
