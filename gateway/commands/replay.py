"""``gateway replay``: plays a recording to a bot on emulated platforms, and shows what goes out then and now."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.common import fail, one_line_errors

if TYPE_CHECKING:
    from gateway.recording.comparing import Compared
    from gateway.recording.file import Recording
    from gateway.recording.running import Replayed

_COLOURS = {"same": typer.colors.GREEN, "skipped": typer.colors.YELLOW}
_WIDTH = 100
"""Characters of what is shown of a message that is the same."""


def replay(
    recording: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that was given to --record, or a file.")],
    bot: Annotated[Path | None, typer.Argument(help="The bot's Python file; an echo where it is left out.")] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="1: as fast as it was; 10: ten times as fast; 0: as fast as the bot can.")
    ] = 0,
    platform: Annotated[list[str] | None, typer.Option(help="Play this platform alone; may be given again.")] = None,
    patience: Annotated[
        float, typer.Option(min=0.1, help="Seconds to wait, before each delivery, until the bot is as far as it was.")
    ] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Write it as JSON, for programs.")] = False,
) -> None:
    """Play what `gateway run --record` wrote to a bot, on emulated platforms, and compare what it says now with what it
    said then. No account is needed, and nothing leaves this machine.

    The exit code is 0 where people see the same, 1 where something differs, 2 for what cannot be played.
    """
    with one_line_errors():
        import uvloop

        from gateway.platforms import registry
        from gateway.recording import running
        from gateway.recording.file import read, recordings_in
        from gateway.telemetry.logs import configure_logging

        configure_logging(form="console", debug=False)
        platforms = registry()
        if unknown := next((name for name in platform or () if name not in platforms), None):
            fail(f"there is no platform {unknown!r}; there are: {', '.join(platforms)}")
        if bot is not None and not bot.is_file():
            fail(f"there is no bot file at {bot}: check the path, or leave it out for an echo")
        found = [(path, read(path)) for path in recordings_in(recording)]
        same = True
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            for path, each in found:
                played = runner.run(
                    running.replay(
                        each, bot or running.ECHO, platforms, speed=speed, patience=patience, only=platform or ()
                    )
                )
                typer.echo(_json(path, each, played) if as_json else "\n".join(_lines(path, each, played)))
                same = same and played.same
    raise typer.Exit(0 if same else 1)


def _lines(path: Path, recording: "Recording", played: "Replayed") -> list[str]:
    header = recording.header
    words = "words masked" if header["words"] == "mask" else "words kept"
    lines = [f"{path}: gateway {header.get('gateway', '?')}, {words}, {len(played.arrivals)} deliveries"]
    if recording.torn:
        lines.append("  its last line is incomplete: the process that wrote it ended suddenly")
    if recording.is_full:
        lines.append("  it ended because it was large enough")
    lines += [f"  {name} is not played: there is no emulator of it" for name in played.left_out]
    after = -1
    for each in played.compared:
        if each.after != after:
            after = each.after
            lines.append(_about(after, played))
        lines += _shown(each)
    counts = Counter(each.result for each in played.compared)
    total = ", ".join(
        f"{counts[name]} {name}" for name in ("same", "differs", "missing", "more", "skipped") if counts[name]
    )
    return [*lines, "", total or "nothing was said, then or now"]


def _about(number: int, played: "Replayed") -> str:
    arrival = next((each for each in played.arrivals if each.number == number), None)
    if arrival is None:
        return "\nbefore anything arrived"
    return f"\n#{number}  {arrival.at:.2f} s  {arrival.conversation}"


def _shown(each: "Compared") -> list[str]:
    title = f"  {each.result:<8}{each.what}{f': {each.note}' if each.note else ''}"
    colour = _COLOURS.get(each.result, typer.colors.RED)
    if each.result in ("same", "skipped"):
        said = " ⏎ ".join(each.now)
        return [typer.style(title, fg=colour) + (f"  {said[:_WIDTH]}" if said else "")]
    return [typer.style(title, fg=colour), *[f"    {line}" for line in _side_by_side(each)]]


def _side_by_side(each: "Compared") -> Sequence[str]:
    if each.result == "differs":
        return [line for line in each.diff if not line.startswith("@@")]
    lines, sign = (each.then, "-") if each.result == "missing" else (each.now, "+")
    return [f"{sign}{line}" for line in lines]


def _json(path: Path, recording: "Recording", played: "Replayed") -> str:
    return json.dumps(
        {
            "file": str(path),
            "same": played.same,
            "torn": recording.torn,
            "full": recording.is_full,
            "left_out": list(played.left_out),
            "deliveries": len(played.arrivals),
            "compared": [
                {
                    "result": each.result,
                    "platform": each.platform,
                    "conversation": each.conversation,
                    "after": each.after,
                    "what": each.what,
                    "then": list(each.then),
                    "now": list(each.now),
                    "note": each.note,
                }
                for each in played.compared
            ],
        },
        ensure_ascii=False,
    )
