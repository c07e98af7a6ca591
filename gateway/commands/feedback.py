"""``gateway feedback``: what people think of answers, for a table or a program."""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from gateway.commands.common import database_url, fail, one_line_errors

app = typer.Typer(help="What people think of answers.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``export`` a sub-command although it is the only one."""


@app.command("export")
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to write it; standard output by default.")] = None,
    format: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    since: Annotated[
        datetime | None, typer.Option("--since", help="Only what was given on this day (UTC) or later.")
    ] = None,
) -> None:
    """Write all feedback, oldest first: when, who, which thread and message, thumbs up (1) or down (0), the comment."""
    if format not in ("csv", "jsonl"):
        fail(f"--format is {format!r}: take csv or jsonl")
    with one_line_errors(), ExitStack() as stack:
        rows = _rows(stack, since)
        try:
            out = sys.stdout if file is None else stack.enter_context(file.open("x", encoding="utf-8", newline=""))
        except FileExistsError:
            fail(f"{file} exists already: choose another name")
        except OSError as error:
            fail(f"cannot write {file}: {error.strerror}; choose another place")
        count = _write_csv(out, rows) if format == "csv" else _write_jsonl(out, rows)
    if file is not None:
        typer.echo(f"wrote {count} feedbacks to {file}")


def _rows(stack: ExitStack, since: datetime | None) -> Iterator[dict[str, Any]]:
    from gateway.store import feedback

    at = None if since is None else since.replace(tzinfo=since.tzinfo or UTC).timestamp()
    return stack.enter_context(feedback.export(database_url(), since=at))


def _write_csv(out: TextIO, rows: Iterator[dict[str, Any]]) -> int:
    from gateway.store.feedback import COLUMNS

    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow([_harmless(row[name]) for name in COLUMNS])
        count += 1
    return count


def _write_jsonl(out: TextIO, rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count


def _harmless(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: people wrote what is in it."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
