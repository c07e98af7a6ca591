"""``gateway doctor``: looks whether a gateway can work here, and says what to mend and on which page."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.common import fail, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.adapter import CheckStatus, Platform
    from gateway.doctor.examination import Result
    from gateway.settings import GatewaySettings, PlatformSettings

_MARKS: "Mapping[CheckStatus, tuple[str, str | None]]" = {
    "ok": ("ok", typer.colors.GREEN),
    "warn": ("warn", typer.colors.YELLOW),
    "fail": ("FAIL", typer.colors.RED),
    "skipped": ("-", None),
}
"""How each status is written, and its colour on a terminal."""
_PAD = " " * 28


def doctor(
    bot: Annotated[Path | None, typer.Argument(help="The bot's Python file, to be imported too.")] = None,
    platform: Annotated[str | None, typer.Option(help="Look at this platform alone: slack, discord or teams.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON, for programs.")] = False,
) -> None:
    """Look whether a gateway can work here: credentials, scopes and intents, the public address from outside in, the
    clock, the database, the disk, versions. Says what to mend, and on which page. Nothing is written, and a gateway
    that runs is not disturbed.

    The exit code is 0 where nothing fails (warnings included), 1 where something does, 2 for wrong usage.
    """
    from gateway.errors import SettingsError
    from gateway.platforms import registry

    platforms = registry()
    if platform is not None and (platform not in platforms or platforms[platform].doctor_function is None):
        known = ", ".join(name for name, each in platforms.items() if each.doctor_function is not None)
        fail(f"there is nothing to look at for {platform!r}; there is for: {known}")
    started = time.monotonic()
    try:
        settings = read_settings()
        blocks = {name: each.settings() for name, each in platforms.items() if not each.by_key}
    except SettingsError as error:
        results = [_of_settings(error)]
        if not as_json:
            _print(results[0])
        raise typer.Exit(_finish(results, started, as_json=as_json)) from None

    async def examine() -> None:
        results = await _examine(settings, platforms, blocks, only=platform, bot=bot, say=not as_json)
        code = _finish(results, started, as_json=as_json)
        sys.stdout.flush()
        # A thread may go on waiting for a name server or a database, and the interpreter would wait for it.
        os._exit(code)

    asyncio.run(examine())


def _finish(results: "Sequence[Result]", started: float, *, as_json: bool) -> int:
    """Write the sum, or the JSON, and return the exit code."""
    seconds = time.monotonic() - started
    if as_json:
        typer.echo(_json(results, seconds))
    else:
        _print_sum(results, seconds)
    return int(any(each.finding.status == "fail" for each in results))


def _of_settings(error: Exception) -> "Result":
    from gateway.adapter import Finding
    from gateway.doctor.examination import Result

    return Result("settings", Finding("fail", str(error), "change it where it is set: nothing else was looked at"), 0.0)


async def _examine(
    settings: "GatewaySettings",
    platforms: "Mapping[str, Platform]",
    blocks: "Mapping[str, PlatformSettings]",
    *,
    only: str | None,
    bot: Path | None,
    say: bool,
) -> "list[Result]":
    from gateway.doctor.examination import run_checks
    from gateway.doctor.plan import checks

    results: list[Result] = []
    async with checks(settings, platforms, blocks, only=only, bot=bot) as planned:
        async for result in run_checks(planned):
            results.append(result)
            if say:
                _print(result)
    return results


def _print(result: "Result") -> None:
    finding = result.finding
    mark, colour = _MARKS[finding.status]
    typer.echo(f"{typer.style(f'{mark:<5}', fg=colour)}{result.name:<22} {finding.found}")
    if finding.fix:
        typer.echo(f"{_PAD}{finding.fix}")
    if finding.page:
        typer.echo(f"{_PAD}{finding.page}")
    if finding.status in ("warn", "fail"):
        typer.echo(f"{_PAD}{_docs(result.name)}")


def _print_sum(results: "Sequence[Result]", seconds: float) -> None:
    counts = {status: sum(each.finding.status == status for each in results) for status in _MARKS}
    words = f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} failed, {counts['skipped']} skipped"
    typer.echo(f"\n{words}, in {seconds:.1f} s")


def _json(results: "Sequence[Result]", seconds: float) -> str:
    from gateway import __version__

    return json.dumps(
        {
            "version": __version__,
            "ok": all(each.finding.status != "fail" for each in results),
            "seconds": round(seconds, 2),
            "checks": [
                {
                    "check": each.name,
                    "platform": each.name.partition(".")[0] if "." in each.name else None,
                    "status": each.finding.status,
                    "found": each.finding.found,
                    "fix": each.finding.fix,
                    "page": each.finding.page,
                    "docs": _docs(each.name),
                    "seconds": round(each.seconds, 3),
                }
                for each in results
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def _docs(check: str) -> str:
    """Return where the documents say more of a check."""
    return f"docs/doctor.md#{check.partition('.')[0] if '.' in check else 'the-machine-and-the-gateway'}"
