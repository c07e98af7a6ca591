"""``gateway check``: what of a bot's file works here, what looks different, what does nothing, what fails."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.common import one_line_errors

if TYPE_CHECKING:
    from gateway.checking.files import Checked
    from gateway.checking.findings import Finding, Kind

_COLOURS: "Mapping[Kind, str | None]" = {
    "works": None,
    "degrades": typer.colors.CYAN,
    "nothing": typer.colors.YELLOW,
    "missing": typer.colors.RED,
}


def check(
    bot: Annotated[Path, typer.Argument(help="The bot's Python file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON, for programs.")] = False,
) -> None:
    """Read a bot's file, and those beside it that it imports, without running them: what of its use of Chainlit's API
    works here, what looks different on which platform, what does nothing, what fails.

    The exit code is 0 where all of it works or looks different, 1 where something does nothing, 2 where something
    fails.
    """
    with one_line_errors():
        from gateway.checking.files import check_files

        files = check_files(bot)
    counts: Counter[Kind] = Counter(finding.kind for file in files for finding in file.findings)
    if as_json:
        typer.echo(_json(files, counts))
    else:
        _print(bot, files, counts)
    raise typer.Exit(2 if counts["missing"] else 1 if counts["nothing"] else 0)


def _print(bot: Path, files: "Sequence[Checked]", counts: "Mapping[Kind, int]") -> None:
    from gateway.checking.findings import WORDS

    for file in files:
        for finding in file.findings:
            said = f"{WORDS[finding.kind]}{': ' if finding.words else ''}{finding.words}"
            typer.secho(f"{file.path}:{finding.line}  {finding.name}  {said}", fg=_COLOURS[finding.kind])
    if not any(counts.values()):
        typer.echo(f"{bot} uses nothing of chainlit or gateway")
        return
    lines = {"works": "work", "degrades": "look different", "nothing": "do nothing", "missing": "fail"}
    total = ", ".join(f"{counts[kind]} {verb}" for kind, verb in lines.items())  # type: ignore[index]
    typer.echo(f"\n{sum(counts.values())} uses in {len(files)} file{'s' * (len(files) != 1)}: {total}")


def _json(files: "Sequence[Checked]", counts: "Mapping[Kind, int]") -> str:
    from gateway.checking.findings import WORDS

    return json.dumps(
        {
            "files": [{"path": str(file.path), "findings": [_dict(each) for each in file.findings]} for file in files],
            "counts": {kind: counts[kind] for kind in WORDS},
        },
        ensure_ascii=False,
        indent=2,
    )


def _dict(finding: "Finding") -> dict[str, object]:
    return {"line": finding.line, "name": finding.name, "kind": finding.kind, "words": finding.words}
