"""What all commands share: the settings, the database, the event loop, and one-line errors."""

import asyncio
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from gateway.errors import SettingsError
from gateway.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from gateway.settings import GatewaySettings


def read_settings(**given: object) -> "GatewaySettings":
    """Read the settings; arguments that are not None win over the environment. Raises ``SettingsError``."""
    from gateway.settings import GatewaySettings, conceal_secrets

    conceal_secrets()
    return GatewaySettings.read(**{name: value for name, value in given.items() if value is not None})


def database_url() -> str:
    """Return the address of the database ``gateway run`` uses in this folder: the playground's where only that
    exists."""
    from gateway.settings import playground_database

    settings = read_settings()
    playground = playground_database(settings)
    only_played = not exists(settings.database_url) and exists(playground)
    return playground if only_played else settings.database_url


def exists(database: str) -> bool:
    """Return whether there is a database; one on a server counts as one that is there."""
    file = database.removeprefix("sqlite:///")
    return file == database or Path(file).exists()


def run_async(main: "Coroutine[object, object, None]") -> None:
    """Run a coroutine on uvloop. A ``SettingsError`` is printed as one line and ends the process with exit code 2."""
    import uvloop

    with one_line_errors(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


@contextmanager
def one_line_errors() -> "Generator[None]":
    """Print a ``SettingsError`` of the block as one line and end the process with exit code 2."""
    try:
        yield
    except SettingsError as error:
        fail(str(error))


def write_file(path: Path, data: bytes) -> None:
    """Write a file and say so. What cannot be written ends the process with one line and exit code 2."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}; choose another place")
    typer.echo(f"wrote {path}")


def fail(message: str) -> NoReturn:
    """Print an error as one line, without secrets, and end the process with exit code 2."""
    typer.secho(f"gateway: {redact(message)}", fg=typer.colors.RED, err=True)
    raise typer.Exit(2)
