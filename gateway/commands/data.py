"""``gateway data``: a person's data exported or erased, and the audit of both."""

import asyncio
import json
import sys
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from gateway.commands.common import database_url, exists, fail, read_settings, run_async
from gateway.commands.layer import layer_of
from gateway.errors import DatabaseInUse, Fenced, SettingsError
from gateway.model.text import storable

if TYPE_CHECKING:
    from collections.abc import Generator

    from gateway.runtime.erasure import Outcome
    from gateway.store import AnyStore
    from gateway.store.personal import Exported, Personal

app = typer.Typer(
    help="What is kept of a person: export it, erase it, and see when that was done.", no_args_is_help=True
)

User = Annotated[
    str, typer.Option("--user", help="The person: PLATFORM:WORKSPACE:ID, as in slack:T012AB3C4:U012A3CDE.")
]

LOOK_EVERY = 0.3
"""Seconds between two looks whether the running gateway has answered."""
TELL_EVERY = 5.0
"""Seconds after which it is said that the command still waits."""


@app.command("export")
def export(
    user: User,
    file: Annotated[Path | None, typer.Argument(help="Where to write it; standard output by default.")] = None,
    files: Annotated[
        Path | None,
        typer.Option("--files", help="A new folder for the person's files and profile; by default FILE with .files."),
    ] = None,
    bot: Annotated[
        Path | None,
        typer.Option("--bot", help="The bot's Python file, where it registers a @data_layer: that is included."),
    ] = None,
) -> None:
    """Write the conversations of a person as JSON Lines, each with the messages, steps, elements and feedback of the
    person's own turns, and with FILE or --files also the contents of their files."""
    person = _person(user)
    folder = files if files is not None or file is None else file.with_name(f"{file.name}.files")
    for path in (file, folder):
        if path is not None and path.exists():
            fail(f"{path} exists already: choose another name")
    run_async(_export(person, file, folder, bot))


async def _export(person: str, file: Path | None, folder: Path | None, bot: Path | None) -> None:
    from gateway.disk import in_thread
    from gateway.store import Inspector, personal

    url = database_url()
    with personal.opened(url, person) as found:
        known = found.user()
        try:
            exported = await _write(found, file, bot)
            contents = 0 if folder is None or not (exported.threads or known) else await _copy(found, folder)
        except OSError as error:
            place = error.filename or file or folder or "standard output"
            fail(f"cannot write {place}: {error.strerror or error}; choose another place")
    if bot is None:
        await _say_if_elsewhere("left out: give the bot's file, --bot bot.py")
    if not exported.threads and known is None:
        if file is not None:
            await in_thread(file.unlink)
        typer.echo(f"gateway: nothing is kept of {person}", err=True)
        return
    async with Inspector(url) as store:
        subject = await _subject(store, person)
        await store.note("exported", subject, {**exported._asdict(), "files": contents})
    _log("data.exported", subject, {**exported._asdict(), "files": contents})
    if file is not None:
        typer.echo(f"wrote {exported.threads} threads to {file}")
    if folder is not None:
        typer.echo(f"wrote the profile and {contents} files to {folder}", err=file is None)


async def _write(found: "Personal", file: Path | None, bot: Path | None) -> "Exported":
    with _opened(file) as out:
        exported = found.write_threads(out)
        if bot is None:
            return exported
        async with layer_of(bot, found.person) as layer:
            return exported._replace(threads=exported.threads + await layer.write_threads(out))


@contextmanager
def _opened(file: Path | None) -> "Generator[TextIO]":
    """Open a new file that only this user can read; None is the standard output. What cannot be written whole is
    removed."""
    from gateway.disk import create

    if file is None:
        yield sys.stdout
    else:
        with create(file) as raw:
            try:
                with TextIOWrapper(raw, encoding="utf-8") as out:
                    yield out
            except BaseException:
                file.unlink()
                raise


async def _copy(found: "Personal", folder: Path) -> int:
    """Write the person's profile and the contents of their files, each under its key. Return how many contents."""
    from gateway.disk import create, make_folder
    from gateway.store.blobs import open_blobs

    settings = read_settings()
    blobs = open_blobs(settings.blob_url, folder=settings.data_dir / "blobs")
    make_folder(folder)
    with create(folder / "user.json") as out:
        out.write(json.dumps(found.user(), ensure_ascii=False, indent=2).encode())
    count = 0
    for key in found.object_keys():
        try:
            blob = await blobs.read(key)
        except FileNotFoundError:
            typer.echo(f"gateway: the content {key} is not in the blob store any more", err=True)
            continue
        except ValueError:
            typer.echo(f"gateway: {key} is no key of the blob store", err=True)
            continue
        path = folder / key
        make_folder(path.parent)
        with create(path) as out:
            async for chunk in blob.chunks:
                out.write(chunk)
        count += 1
    return count


@app.command("erase")
def erase(
    user: User,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    bot: Annotated[
        Path | None, typer.Argument(help="The bot's Python file, where it registers a @data_layer: that is included.")
    ] = None,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for a running gateway.")] = 120.0,
) -> None:
    """Erase a person: conversations, files, sessions and messages that wait. Words of others stay. A running gateway
    does it itself; else this command does."""
    person = _person(user)
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Erase all that is kept of {person}? It cannot be brought back", abort=True)
    run_async(_erase(person, wait, bot))


async def _erase(person: str, wait: float, bot: Path | None) -> None:
    from gateway.disk import in_thread
    from gateway.store.beside import gateways_run

    try:
        running = await in_thread(gateways_run, database_url())
        outcome = await _ask(person, wait) if running else await _erase_alone(person)
    except DatabaseInUse:
        outcome = await _ask(person, wait)
    _tell(person, outcome)
    if bot is not None:
        async with layer_of(bot, person) as layer:
            threads = await layer.erase()
        await _delete_contents(threads)
        typer.echo(f"deleted {len(threads)} threads from the data layer of {bot}")
    else:
        await _say_if_elsewhere("not touched: name the bot's file too")


async def _delete_contents(threads: list[str]) -> None:
    """Delete what the gateway itself still has of the contents of threads that were in a data layer."""
    from gateway.runtime.contents import FOLDER
    from gateway.store.blobs import open_blobs

    settings = read_settings()
    blobs = open_blobs(settings.blob_url, folder=settings.data_dir / "blobs")
    for thread in threads:
        await blobs.delete([info.key async for info in blobs.list(f"{FOLDER}/{thread}")])


async def _say_if_elsewhere(what: str) -> None:
    """Say that history is kept in a data layer of the bot's own, which the command cannot reach without the bot."""
    from gateway.runtime.history import PLACE_OF_HISTORY
    from gateway.store import Inspector

    async with Inspector(database_url()) as store:
        note = await store.get_value("gateway", PLACE_OF_HISTORY)
    if note == {"place": "layer"}:
        typer.echo(
            f"gateway: this bot keeps history in a data layer of its own, which was {what}",
            err=True,
        )


async def _erase_alone(person: str) -> "Outcome":
    from gateway.bootstrap import erasure_without_gateway, file_parts
    from gateway.errors import StoreFailed
    from gateway.store import open_store
    from gateway.telemetry.logs import configure_logging

    settings, url = read_settings(), database_url()
    if not exists(url):
        raise SettingsError(
            f"database {url.removeprefix('sqlite:///')}: there is none: set DATABASE_URL to the one the gateway runs on"
        )
    configure_logging(form=settings.log, debug=False)
    store = open_store(url)
    async with AsyncExitStack() as stack:
        await store.open()
        stack.push_async_callback(store.close)
        kept = file_parts(settings)
        await kept.seals.open(store)
        try:
            return await erasure_without_gateway(settings, store, kept).erase(person)
        except (StoreFailed, OSError) as error:
            raise SettingsError(f"not everything is erased: {error}; mend that and run the command again") from error


async def _ask(person: str, wait: float) -> "Outcome":
    """Ask the running gateway, and wait for its answer."""
    from gateway.runtime.erasure import Outcome
    from gateway.store import Inspector

    async with Inspector(database_url()) as store:
        number = await store.ask("erase", person)
        typer.echo("a gateway is running: it erases, when the person's turns have ended", err=True)
        waited, told = 0.0, 0.0
        while True:
            done, result = await store.answered(number)
            if done:
                break
            if waited >= wait:
                begun = "it has begun, and goes on" if result else "it has not begun, and does it as soon as it can"
                fail(
                    f"the gateway did not answer within {wait:g} s: {begun}. See its log; if it hangs or is an older "
                    "version, stop it and run the command again"
                )
            await asyncio.sleep(LOOK_EVERY)
            waited += LOOK_EVERY
            if waited - told >= TELL_EVERY:
                told = waited
                typer.echo(f"waiting for the gateway ({waited:.0f} s)", err=True)
    if result is None or "error" in result:
        fail(f"not everything is erased: {(result or {}).get('error')}")
    return Outcome.from_json(result)


def _tell(person: str, outcome: "Outcome") -> None:
    if not outcome.anything:
        typer.echo(f"nothing is kept of {person}")
    else:
        erased = outcome.erased
        typer.echo(
            f"erased {person}: {erased.threads} threads, {erased.steps} messages and steps, "
            f"{erased.elements} elements, {erased.feedbacks} feedbacks, {outcome.files} files"
        )
    for name in outcome.copies:
        typer.echo(f"deleted {name}, a copy of the database from before a migration: the person was in it")
    if not outcome.rewritten:
        typer.echo(
            "gateway: the database is too large to be written anew while the gateway runs. What was deleted is "
            "overwritten; to be sure of every byte, run the command again while the gateway is stopped",
            err=True,
        )
    if not outcome.emptied:
        fail("another program is reading the database, so its log still has what was deleted: run the command again")


@app.command("audit")
def audit(
    user: Annotated[str | None, typer.Option("--user", help="Only what was done about this person.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many lines at most, the newest.")] = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines, for programs.")] = False,
) -> None:
    """List what was exported, erased, left to expire, and changed with API keys: when, what, how much. People are named
    by a keyed hash, keys by their ids."""
    run_async(_audit(None if user is None else _person(user), limit, as_json=as_json))


async def _audit(person: str | None, limit: int, *, as_json: bool) -> None:
    from gateway.store import Inspector

    async with Inspector(database_url()) as store:
        subject = None if person is None else await _subject(store, person)
        lines = await store.audit(subject=subject, limit=limit)
    for line in lines:
        if as_json:
            typer.echo(json.dumps(line._asdict(), ensure_ascii=False))
        else:
            at = datetime.fromisoformat(line.at).strftime("%Y-%m-%d %H:%M:%S")
            details = ", ".join(_detail(name, value) for name, value in line.details.items())
            typer.echo(f"{at}  {line.action:8}  {line.subject or '-':12}  {details}")
    if not lines and not as_json:
        typer.echo("nothing was exported, erased, left to expire or changed with an API key")


def _detail(name: str, value: object) -> str:
    return f"{value} {name}" if isinstance(value, int) else f"{name} {value}"


async def _subject(store: "AnyStore", person: str) -> str:
    from gateway.runtime.erasure import subject_of
    from gateway.runtime.seals import Seals
    from gateway.store import open_store

    seals = Seals()
    try:
        await seals.open(store)
    except Fenced:  # no gateway ran on this database yet, so there is no key, and nobody owns the database
        owned = open_store(database_url())
        await owned.open()
        try:
            await seals.open(owned)
        finally:
            await owned.close()
    return subject_of(seals, person)


def _log(event: str, subject: str, details: dict[str, int]) -> None:
    import structlog

    from gateway.telemetry.logs import configure_logging

    configure_logging(form=read_settings().log, debug=False)
    structlog.get_logger(__name__).info(event, subject=subject, **details)


def _person(user: str) -> str:
    if user.count(":") < 2 or not all(user.split(":", 2)) or user != storable(user):
        fail(f"--user is {user!r}: write PLATFORM:WORKSPACE:ID, as in slack:T012AB3C4:U012A3CDE")
    return user
