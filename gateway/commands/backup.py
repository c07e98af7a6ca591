"""``gateway backup`` and ``gateway restore``: the database and the local blobs in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote, urlsplit

import typer

from gateway.commands.common import database_url, one_line_errors, read_settings
from gateway.errors import SettingsError

if TYPE_CHECKING:
    from gateway.settings import GatewaySettings


def backup(file: Annotated[Path, typer.Argument(help="The backup to write; a former one is replaced.")]) -> None:
    """Write the database and the files of its conversations into one file, while the gateway runs or not."""
    from gateway.store.backup import save

    with one_line_errors():
        blobs = _blob_folder(read_settings())
        saved = save(file, _sqlite_file(database_url()), blobs, tell=_tell)
    typer.echo(f"wrote {file}: {saved.bytes / 1e6:,.1f} MB, {saved.blobs:,} blobs")
    if blobs is None:
        typer.echo("the blobs are not in it: BLOB_URL keeps them elsewhere, and a copy of them is made there")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup to restore.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite the database and the blobs.")] = False,
) -> None:
    """Restore a backup, while no gateway runs. It is checked first; what is wrong with it changes nothing."""
    from gateway.store.backup import restore

    with one_line_errors():
        settings = read_settings()
        restored = restore(file, _sqlite_file(settings.database_url), _blob_folder(settings), force=force, tell=_tell)
    blobs = "no blobs: they were kept elsewhere" if restored.blobs is None else f"{restored.blobs:,} blobs"
    typer.echo(f"restored what was there at {restored.made_at}: tables of version {restored.tables}, {blobs}")


def _blob_folder(settings: "GatewaySettings") -> Path | None:
    """Return the folder of the blobs, None when they are in a cloud."""
    if settings.blob_url is None:
        return settings.data_dir / "blobs"
    parts = urlsplit(settings.blob_url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _sqlite_file(url: str) -> Path:
    from gateway.store.urls import is_postgresql, sqlite_file

    if is_postgresql(url):
        raise SettingsError("DATABASE_URL: use pg_dump and pg_restore for a database on PostgreSQL")
    return sqlite_file(url)


def _tell(line: str) -> None:
    typer.echo(line, err=True)
