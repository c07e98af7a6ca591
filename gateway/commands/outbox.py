"""``gateway outbox``: what a registered data layer refuses, listed or dropped."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.commands.common import database_url, run_async
from gateway.errors import SettingsError

app = typer.Typer(
    help="Turns whose records a registered data layer did not take: list them, or drop them.", no_args_is_help=True
)

MOST = 10_000
"""Turns that are looked at, at most."""


@app.command("list")
def outbox_list(limit: Annotated[int, typer.Option(min=1, help="How many, oldest first.")] = 50) -> None:
    """List what the data layer did not take: number, attempts, since when, conversation, error."""
    from gateway.store import Inspector

    async def show() -> None:
        async with Inspector(database_url()) as store:
            failed = await store.failed(limit=limit)
            size = await store.outbox_size()
        for item in failed:
            since = datetime.fromtimestamp(item.put_at, UTC).isoformat(timespec="seconds")
            typer.echo(f"{item.seq}  attempts {item.attempts}  since {since}  {item.conversation}\n    {item.error}")
        typer.echo(f"{size.waiting} waiting" if size.waiting else "nothing waits")

    run_async(show())


@app.command("drop")
def outbox_drop(
    numbers: Annotated[list[str], typer.Argument(help="Numbers of `gateway outbox list`, or 'all' that it lists.")],
) -> None:
    """Drop for good what the data layer did not take; what waits behind it in its conversation goes on."""
    from gateway.store import Inspector

    async def drop() -> None:
        async with Inspector(database_url()) as store:
            failed = {str(item.seq): item for item in await store.failed(limit=MOST)}
            unknown = set(numbers) - {"all"} - set(failed)
            if unknown:
                raise SettingsError(f"there is no {', '.join(sorted(unknown))}: see `gateway outbox list`")
            chosen = [item for number, item in failed.items() if number in numbers or "all" in numbers]
            count = await store.drop_failed(chosen)
        typer.echo(f"{count} dropped")

    run_async(drop())
