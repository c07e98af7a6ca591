"""``gateway inbox``: dead letters, listed, run again or dropped."""

from typing import Annotated

import typer

from gateway.commands.common import database_url, run_async
from gateway.errors import SettingsError
from gateway.redaction import redact

app = typer.Typer(help="Messages the bot gave up on: list them, run them again, or drop them.", no_args_is_help=True)


@app.command("list")
def inbox_list(limit: Annotated[int, typer.Option(help="How many, newest first.")] = 50) -> None:
    """List the dead letters: reference, attempts, key, error."""
    from gateway.store import Inspector
    from gateway.telemetry.context import reference

    async def show() -> None:
        async with Inspector(database_url()) as store:
            letters = await store.dead_letters(limit=limit)
        for letter in letters:
            line = f"{reference(letter.key)}  attempts {letter.attempts}  {letter.key}\n    {letter.error}"
            typer.echo(redact(line))  # an older gateway wrote errors as they were
        if not letters:
            typer.echo("no dead letters")

    run_async(show())


Letters = Annotated[list[str], typer.Argument(help="References or keys, or 'all'.")]


@app.command("retry")
def inbox_retry(letters: Letters) -> None:
    """Run dead letters again (a running gateway takes them up within seconds)."""
    run_async(_change(letters, retry=True))


@app.command("drop")
def inbox_drop(letters: Letters) -> None:
    """Drop dead letters for good."""
    run_async(_change(letters, retry=False))


async def _change(names: list[str], *, retry: bool) -> None:
    from gateway.store import Inspector
    from gateway.telemetry.context import reference

    async with Inspector(database_url()) as store:
        letters = await store.dead_letters(limit=10_000)
        wanted = set(names)
        keys = [x.key for x in letters if "all" in wanted or x.key in wanted or reference(x.key) in wanted]
        unknown = wanted - {"all"} - set(keys) - {reference(key) for key in keys}
        if unknown:
            raise SettingsError(f"there is no dead letter {', '.join(sorted(unknown))}: see `gateway inbox list`")
        count = await (store.retry(keys) if retry else store.drop(keys))
    typer.echo(f"{count} {'put back into the inbox' if retry else 'dropped'}")
