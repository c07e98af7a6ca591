"""The Teams app package: ``manifest.json`` and two icons, from one table.

The schema is https://developer.microsoft.com/json-schemas/teams/v1.22/MicrosoftTeams.schema.json.
"""

import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from adapters.teams import icons
from gateway.adapter import AppOptions
from gateway.errors import SettingsError
from gateway.model import COMMANDS

VERSION = "1.22"
"""The version of the manifest's schema."""
SCOPES = ("personal", "team", "groupChat")
"""Where the bot can be added: a personal chat, a team's channels, group chats."""
_SHORT_NAME, _FULL_NAME = 30, 100
_NO_APP = "00000000-0000-0000-0000-000000000000"
_PLACEHOLDER = "your-host"
_WHEN = (1980, 1, 1, 0, 0, 0)
"""The time of every entry of the archive, so that the same options make the same package."""


def manifest(options: AppOptions) -> dict[str, Any]:
    """Return the manifest. Without an app id it is an example to look at, not one to upload."""
    app_id = _app_id(options.app_id) if options.app_id else _NO_APP
    url = options.url.rstrip("/")
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise SettingsError(f"--url {options.url}: Teams wants an https address")
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json",
        "manifestVersion": VERSION,
        "version": "1.0.0",
        "id": app_id,
        "developer": {
            "name": options.name[:32],
            "websiteUrl": url,
            "privacyUrl": f"{url}/privacy",
            "termsOfUseUrl": f"{url}/terms",
        },
        "name": _name(options.name),
        "description": {"short": "A bot on the gateway", "full": f"Ask {options.name[:_FULL_NAME]} anything."},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#4664EE",
        "bots": [
            {
                "botId": app_id,
                "scopes": list(SCOPES),
                "isNotificationOnly": False,
                "supportsFiles": True,
                "commandLists": [
                    {
                        "scopes": list(SCOPES),
                        "commands": [
                            {"title": f"/{command.name}", "description": command.description} for command in COMMANDS
                        ],
                    }
                ],
            }
        ],
        "validDomains": [] if parts.hostname == _PLACEHOLDER else [parts.hostname],
    }


def _name(given: str) -> dict[str, str]:
    """Return the app's names. The full name is for names too long for the short one; it must not be the same."""
    short = {"short": given[:_SHORT_NAME]}
    return short if len(given) <= _SHORT_NAME else {**short, "full": given[:_FULL_NAME]}


def _app_id(given: str) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError:
        where = "a GUID, under Configuration in the Azure Bot"
        raise SettingsError(f"--app-id {given!r} is no Microsoft App ID ({where})") from None


def files(options: AppOptions) -> Mapping[str, bytes]:
    """Return the content of the package, by file name."""
    text = json.dumps(manifest(options), indent=2, ensure_ascii=False)
    return {"manifest.json": f"{text}\n".encode(), "color.png": icons.color(), "outline.png": icons.outline()}


def app_manifest(options: AppOptions) -> bytes:
    """Return the package as an archive, for ``gateway manifest teams``. Raises ``SettingsError`` without an app id."""
    if not options.app_id:
        raise SettingsError("Teams' package names the bot: give --app-id, the Microsoft App ID of the Azure Bot")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        for name, data in files(options).items():
            package.writestr(zipfile.ZipInfo(name, _WHEN), data, zipfile.ZIP_DEFLATED)
    return archive.getvalue()
