"""Checks of what a gateway runs on: versions, settings, the disk, the blob store."""

import asyncio
import platform
import ssl
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from gateway import __version__
from gateway.adapter import Finding
from gateway.disk import free_bytes, has_no_room, has_spare_room, make_room, may_write, network_file_system
from gateway.settings import LOOPBACK, GatewaySettings, PlatformSettings, unknown
from gateway.store.blobs import open_blobs
from gateway.tables import read_tables

LIBRARIES = ("slack-sdk", "slack-bolt", "discord.py", "botbuilder-core", "aiohttp", "starlette", "uvicorn")
"""The packages whose versions are shown."""
SHORT_KEY = 16
"""Characters below which an API key may be guessed."""
_OLDEST_TLS = (1, 1, 1)


async def versions() -> Finding:
    """List the versions of Python, the gateway, the platforms' SDKs and the library of TLS."""
    missing: list[str] = []
    found = [f"bot-gateway {__version__}", f"Python {platform.python_version()}", ssl.OPENSSL_VERSION]
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        fix = "install the gateway again: pip install --upgrade bot-gateway"
        return Finding("fail", f"not installed: {', '.join(missing)}", fix)
    if ssl.OPENSSL_VERSION_INFO[:3] < _OLDEST_TLS:
        return Finding("warn", ", ".join(found), "use a Python with OpenSSL 1.1.1 or newer: this one speaks no TLS 1.3")
    return Finding("ok", ", ".join(found))


def settings_finding(settings: GatewaySettings, blocks: Sequence[PlatformSettings]) -> Finding:
    """Say what is odd about the settings. Raises ``SettingsError`` for what ``gateway.toml`` should not have, a mistake
    in its tables of access rules and limits included; the text names the line.

    Args:
        settings: The gateway's own.
        blocks: Those of all platforms.
    """
    odd = list(_odd(settings, blocks))
    read_tables()
    if any(severe for severe, _ in odd):
        return Finding("fail", "; ".join(each for severe, each in odd if severe), "change it where it is set")
    if odd:
        return Finding("warn", "; ".join(each for _, each in odd), "change it where it is set")
    on = [block.platform for block in blocks if block.configured]
    return Finding("ok", f"{', '.join(on)} with all of their credentials")


def _odd(settings: GatewaySettings, blocks: Sequence[PlatformSettings]) -> Iterable[tuple[bool, str]]:
    """Yield what is odd, each with whether the gateway cannot work with it."""
    for block in blocks:
        if block.missing is not None:
            yield True, block.missing
    for line in unknown(blocks):
        yield False, line
    short = sum(len(key) < SHORT_KEY for key in settings.plain_api_keys)
    if short:
        yield False, f"{short} of GATEWAY_API_KEYS has fewer than {SHORT_KEY} characters: use `gateway keys create`"
    if settings.public_url is not None:
        yield from _odd_address(settings.public_url)


def _odd_address(url: str) -> Iterable[tuple[bool, str]]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        yield True, "GATEWAY_PUBLIC_URL is no address like https://bot.example"
    elif parts.query or parts.fragment or parts.username:
        yield True, "GATEWAY_PUBLIC_URL has a password, '?' or '#' in it: write https://HOST/PREFIX"
    elif host in LOOPBACK:
        yield False, f"GATEWAY_PUBLIC_URL leads to this machine alone ({host}): platforms cannot reach it"
    elif parts.scheme == "http":
        yield True, "GATEWAY_PUBLIC_URL is plain http: platforms deliver to https alone"


async def disk(settings: GatewaySettings) -> Finding:
    """Look whether files can be kept in the data folder, and whether there is room. Nothing is written."""
    return await asyncio.to_thread(_disk, settings)


def _disk(settings: GatewaySettings) -> Finding:
    folder = settings.data_dir
    if not may_write(folder):
        fix = "make it writable for the user that runs the gateway, or set GATEWAY_DATA_DIR"
        return Finding("fail", f"{folder} cannot be written", fix)
    free = f"{free_bytes(folder) / 1e9:.1f} GB are free for {folder}"
    if has_no_room(folder):
        return Finding("fail", free, make_room(folder))
    if not has_spare_room(folder, 0):
        return Finding("warn", f"{free}: below the reserve, so that history keeps no files", make_room(folder))
    if (kind := network_file_system(folder)) is not None:
        return Finding("ok", f"{free}, on a network file system ({kind})")
    return Finding("ok", free)


async def blobs(settings: GatewaySettings) -> Finding:
    """Look whether the blob store answers and lets this gateway in. Nothing is written: whether it may be, only the
    start of a gateway shows."""
    url = settings.blob_url
    if url is None:
        return Finding("skipped", "BLOB_URL is not set: files are kept in the data folder")
    if url.startswith("file:"):
        folder = urlsplit(url).path
        return await asyncio.to_thread(_blob_folder, settings, folder)
    try:
        await open_blobs(url, folder=settings.data_dir / "blobs").check()
    except OSError as error:
        return Finding("fail", f"the blob store does not answer: {str(error)[:200]}", "see BLOB_URL and the network")
    return Finding("ok", f"the objects of {url} can be listed")


def _blob_folder(settings: GatewaySettings, folder: str) -> Finding:
    found = _disk(settings.model_copy(update={"data_dir": settings.data_dir.__class__(folder)}))
    return Finding(found.status, found.found, found.fix.replace("GATEWAY_DATA_DIR", "BLOB_URL"))
