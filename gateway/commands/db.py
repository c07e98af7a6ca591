"""``gateway db``: the tables of the database, created, migrated, and their version shown."""

from typing import Annotated

import typer

from gateway.commands.common import database_url, run_async
from gateway.errors import SettingsError

app = typer.Typer(help="The database's tables: create or migrate them, show their version.", no_args_is_help=True)

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="The database: sqlite:///FOLDER/FILE or postgresql://USER@HOST/NAME; by default that of DATABASE_URL.",
    ),
]


@app.command("upgrade")
def upgrade(url: Url = None) -> None:
    """Create the tables, or migrate them for this version of the gateway. A SQLite file is copied first."""
    run_async(_upgrade(url))


async def _upgrade(url: str | None) -> None:
    from gateway.store import tables

    done = await tables.upgrade(url or database_url())
    if done.before == done.after:
        typer.echo(f"the tables are up to date: version {done.after}")
    elif done.before == 0:
        typer.echo(f"created the tables: version {done.after}")
    else:
        typer.echo(f"migrated the tables from version {done.before} to {done.after}")
    if done.copy is not None:
        typer.echo(f"the database as it was is in {done.copy}")
    for notice in done.notices:
        typer.echo(f"gateway: {notice}", err=True)


@app.command("forget-bots")
def forget_bots(url: Url = None) -> None:
    """Let another bot have this database: the next one that starts on it. Stop the gateway first."""
    run_async(_forget_bots(url))


async def _forget_bots(url: str | None) -> None:
    from gateway.disk import in_thread
    from gateway.platforms import registry
    from gateway.runtime.identity import StoredIdentity
    from gateway.store import open_store
    from gateway.store.beside import gateways_run

    url = url or database_url()
    if await in_thread(gateways_run, url):
        raise SettingsError("gateways run on this database: stop all of them first")
    store = open_store(url)
    await store.open()
    try:
        forgotten = await StoredIdentity(store).forget(registry())
    finally:
        await store.close()
    for line in forgotten:
        typer.echo(f"forgot {line}")
    if not forgotten:
        typer.echo("the database belongs to no bot yet")


@app.command("current")
def current(url: Url = None) -> None:
    """Show the version of the database's tables, and the one this gateway takes."""
    run_async(_current(url))


async def _current(url: str | None) -> None:
    from gateway.store import tables
    from gateway.store.migrations import HEAD

    url = url or database_url()
    found = await tables.current(url)
    if found == HEAD:
        typer.echo(f"version {found}, up to date")
    elif found > HEAD:
        typer.echo(f"version {found}; this gateway takes {HEAD}: upgrade the gateway")
    else:
        has = f"version {found}" if found else "no tables"
        typer.echo(f"{has}; this gateway takes version {HEAD}: run `gateway db upgrade`")
    if copies := tables.copies(url):
        typer.echo("copies of former versions, with all that people wrote in them: delete those you need no more")
        for copy in copies:
            typer.echo(f"    {copy}")
