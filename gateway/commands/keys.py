"""``gateway keys``: the keys with which programs reach the HTTP API, made, listed and revoked."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.commands.common import exists, fail, read_settings, run_async
from gateway.errors import DatabaseInUse, SettingsError, StoreFailed

if TYPE_CHECKING:
    from gateway.model import StoredApiKey
    from gateway.store import AnyStore

app = typer.Typer(help="Keys for programs that use the HTTP API: make, list and revoke them.", no_args_is_help=True)

_DAY = 86_400
_PAGE = 500
_LONGEST_NAME = 100


class Scope(StrEnum):
    """What a key allows, as it is written on the command line."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", help="What the key is for, to tell it from others.")] = "",
    scope: Annotated[
        list[Scope] | None,
        typer.Option("--scope", help="read; write (and read), the default; admin (everything). May be repeated."),
    ] = None,
    expires: Annotated[
        float | None, typer.Option("--expires", min=0.001, max=36_500, help="Days after which it is not valid.")
    ] = None,
) -> None:
    """Make a key and print it, this once: only a digest of it is stored."""
    if len(name) > _LONGEST_NAME or not name.isprintable():
        fail(f"--name: write at most {_LONGEST_NAME} characters, without line breaks")
    run_async(_create(name, scope or [Scope.WRITE], expires))


async def _create(name: str, scopes: list[Scope], days: float | None) -> None:
    from gateway.model import StoredApiKey

    now = time.time()
    expires = None if days is None else now + days * _DAY
    key, stored = StoredApiKey.issue(name=name, scopes=[each.value for each in scopes], now=now, expires=expires)
    try:
        needs_restart = await _store(stored)
    except StoreFailed as error:
        raise SettingsError(f"the key was not stored: {error}; mend that and run the command again") from error
    typer.echo(key)
    until = "" if expires is None else f", valid until {_minute(expires)} UTC"
    typer.echo(f"gateway: made key {stored.id} ({_scopes(stored)}{until}); it is not shown again", err=True)
    if needs_restart:
        typer.echo("gateway: a gateway is running that serves no HTTP API, because it had no key: restart it", err=True)


async def _store(key: "StoredApiKey") -> bool:
    """Store a key, and create the database if there is none. Return whether a gateway is running that has to be
    restarted before the key is of use."""
    from gateway.disk import in_thread
    from gateway.model import API_KEY, Document
    from gateway.store import Inspector, tables
    from gateway.store.api_keys import SERVES_API
    from gateway.store.beside import gateways_run
    from gateway.telemetry.logs import configure_logging

    settings = read_settings()
    configure_logging(form=settings.log, debug=False)
    url, document = settings.database_url, Document(kind=API_KEY, id=key.id, body=key.to_body())
    try:
        await tables.upgrade(url)
        running = await in_thread(gateways_run, url)
    except DatabaseInUse:
        running = True
    async with Inspector(url) as beside:
        await beside.put_documents([document])
        return running and await beside.get_value("gateway", SERVES_API) != {"on": True}


@app.command("new-encryption-key")
def new_encryption_key() -> None:
    """Print a new random key for GATEWAY_ENCRYPTION_KEYS, which encrypts the secrets in the database. To replace a key,
    put the new one before the old one, separated by a comma."""
    from gateway.runtime.cipher import new_key

    typer.echo(new_key())


@app.command("list")
def keys_list(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document, for a program.")] = False,
) -> None:
    """List the keys in the order they were made: id, state, scopes, when each was made and used last, name. Times are
    UTC. Keys in GATEWAY_API_KEYS are not listed."""
    run_async(_list(as_json=as_json))


async def _list(*, as_json: bool) -> None:
    from gateway.store import Inspector

    url = read_settings().database_url
    keys: list[StoredApiKey] = []
    used: Mapping[str, float] = {}
    if exists(url):
        async with Inspector(url) as store:
            keys, used = await _read(store)
    if as_json:
        typer.echo(json.dumps([_described(key, used.get(key.id)) for key in keys], ensure_ascii=False))
        return
    for key in keys:
        last = _minute(used[key.id]) if key.id in used else "never"
        typer.echo(
            f"{key.id}  {_state(key):24}  {_scopes(key):16}  made {_minute(key.created)}  used {last:16}  {key.name}"
        )
    if not keys:
        typer.echo("there are no keys: make one with `gateway keys create`")


@app.command("revoke")
def revoke(id: Annotated[str, typer.Argument(help="The key's id, as `gateway keys list` shows it.")]) -> None:
    """Revoke a key for good. A running gateway refuses it within five seconds."""
    run_async(_revoke(id))


async def _revoke(id: str) -> None:
    from dataclasses import replace

    from gateway.model import API_KEY, Document, StoredApiKey, key_id
    from gateway.store import Inspector

    url, id = read_settings().database_url, key_id(id) or id
    unknown = SettingsError(f"there is no key {id}: see `gateway keys list`")
    if not exists(url):
        raise unknown
    async with Inspector(url) as store:
        document = await store.get_document(API_KEY, id)
        if document is None:
            raise unknown
        key = StoredApiKey.from_body(id, document.body)
        if key.revoked is None:
            body = replace(key, revoked=time.time()).to_body()
            await store.put_documents([Document(kind=API_KEY, id=id, body=body)])
            typer.echo(f"revoked {id}")
        else:
            typer.echo(f"{id} was revoked already, {_minute(key.revoked)} UTC")


async def _read(store: "AnyStore") -> "tuple[list[StoredApiKey], Mapping[str, float]]":
    """Return all keys, oldest first, and when each was used last."""
    from gateway.model import API_KEY, API_KEY_USED, StoredApiKey

    keys: list[StoredApiKey] = []
    used: dict[str, float] = {}
    after = 0
    while page := await store.list_documents(API_KEY, after=after, limit=_PAGE):
        keys += [StoredApiKey.from_body(document.id, document.body) for document in page]
        after = page[-1].rank
    after = 0
    while page := await store.list_documents(API_KEY_USED, after=after, limit=_PAGE):
        used.update((document.id, document.body["at"]) for document in page)
        after = page[-1].rank
    return keys, used


def _described(key: "StoredApiKey", used: float | None) -> Mapping[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created": _iso(key.created),
        "lastUsed": _iso(used),
        "expires": _iso(key.expires),
        "revoked": _iso(key.revoked),
    }


def _state(key: "StoredApiKey") -> str:
    if key.revoked is not None:
        return f"revoked {_minute(key.revoked)}"
    if key.expires is None:
        return "valid"
    return f"{'valid' if key.is_valid(time.time()) else 'expired'}, {_minute(key.expires)}"


def _scopes(key: "StoredApiKey") -> str:
    return ",".join(scope for scope in Scope if scope in key.scopes)


def _minute(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
