"""Decides which addresses may be requested: an address is not followed just because a message names it."""

from functools import lru_cache
from urllib.parse import urlsplit

from yarl import URL

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ONEDRIVE = (
    *("sharepoint.com", "sharepoint-df.com", "sharepoint.us", "sharepoint-mil.us", "sharepoint.cn"),
    *("svc.ms", "1drv.com", "live.com", "microsoftpersonalcontent.com"),
)
"""Hosts of Teams' files: upload sessions, and the addresses that people's files are downloaded from."""


@lru_cache(maxsize=256)  # of nearly always the same service URLs, twice an activity
def secure(url: str, *, local: bool) -> bool:
    """Return whether a URL may be requested: over TLS, or on this machine where an emulator stands in for Teams."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (local and parts.scheme == "http" and parts.hostname in _LOOPBACK)
        )
    except ValueError:
        return False


def on_this_machine(url: str) -> bool:
    """Return whether a URL leads nowhere but to this machine."""
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False


def of_onedrive(url: str, *, local: bool) -> bool:
    """Return whether files may be uploaded to a URL, or fetched from it: OneDrive's, or the emulator's."""
    if not secure(url, local=local):
        return False
    host = urlsplit(url).hostname or ""
    return any(host.endswith(f".{known}") for known in _ONEDRIVE) or (local and on_this_machine(url))


def of_connector(url: str, service: str, *, local: bool) -> bool:
    """Return whether a URL is that of an attachment at this connector, and so may be requested as the bot. Whoever
    writes a message may name any address in it, and most of a connector's are not for them to read."""
    if not secure(url, local=local):
        return False
    try:
        asked = URL(url)  # as it will be asked for, with ``..`` followed
        path = asked.raw_path.lower()
        # An encoded slash is a part of a name to this check, and the connector may take it for a separator.
        disguised = any(each in path for each in ("%2f", "%5c", ";"))
        return asked.origin() == URL(service).origin() and "/attachments/" in path and not disguised
    except ValueError:
        return False
