"""One installation of the app, in a workspace or in a whole organisation, and how it is stored: encrypted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.fields import Json, text
from gateway.adapter import Cipher
from gateway.errors import Undecryptable
from gateway.model import Document

INSTALLATION = "slack.installation"
"""The kind of the documents that installations are stored as; their ids are ``Installation.id``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What Slack gave out when the app was installed, with what auth.test says of its bot."""

    id: str
    """The workspace (``T…``), or for an installation in a whole organisation that organisation (``E…``)."""
    name: str = ""
    """The name of the workspace or organisation."""
    org_wide: bool = False
    """Whether it counts for all workspaces of the organisation to which an administrator adds the app."""
    app: str = ""
    """The app's id (``A…``)."""
    user: str = ""
    """The bot's user id."""
    bot: str = ""
    """The bot's id (``B…``), which messages carry that were posted with ``username``."""
    bot_name: str = ""
    scopes: frozenset[str] = frozenset()
    installed_at: float = 0.0
    """When it was installed last, in seconds since the epoch."""
    expires_at: float | None = None
    """When the token expires, in seconds since the epoch; None for a token that does not."""
    token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    """What a new token is asked for with; empty where tokens do not expire."""

    def rotated(self, token: str, refresh_token: str, expires_at: float | None) -> "Installation":
        """Return the installation with new tokens."""
        return replace(self, token=token, refresh_token=refresh_token or self.refresh_token, expires_at=expires_at)


def document_of(installation: Installation, cipher: Cipher) -> Document:
    """Return an installation as it is stored. Its id is encrypted with the tokens, so that a row that was copied over
    another one is noticed."""
    secret = {"id": installation.id, "token": installation.token, "refresh_token": installation.refresh_token}
    body: dict[str, Any] = {
        "name": installation.name,
        "org_wide": installation.org_wide,
        "app": installation.app,
        "user": installation.user,
        "bot": installation.bot,
        "bot_name": installation.bot_name,
        "scopes": sorted(installation.scopes),
        "installed_at": installation.installed_at,
        "expires_at": installation.expires_at,
        "secret": cipher.encrypt(json.dumps(secret)),
    }
    return Document(kind=INSTALLATION, id=installation.id, body=body)


def installation_in(document: Document, cipher: Cipher) -> Installation:
    """Return the installation in a document. Raises ``Undecryptable``."""
    body = document.body
    secret: Mapping[str, Any] = json.loads(cipher.decrypt(text(body, "secret")))
    if secret.get("id") != document.id:
        raise Undecryptable(
            f"the tokens stored for {document.id} are those of another workspace: install the app again"
        )
    scopes = body.get("scopes")
    return Installation(
        id=document.id,
        name=text(body, "name"),
        org_wide=body.get("org_wide") is True,
        app=text(body, "app"),
        user=text(body, "user"),
        bot=text(body, "bot"),
        bot_name=text(body, "bot_name"),
        scopes=frozenset(str(each) for each in scopes) if isinstance(scopes, list) else frozenset(),
        installed_at=float(body.get("installed_at") or 0),
        expires_at=_seconds(body, "expires_at"),
        token=text(secret, "token"),
        refresh_token=text(secret, "refresh_token"),
    )


def _seconds(body: Json, name: str) -> float | None:
    value = body.get(name)
    return float(value) if isinstance(value, int | float) else None
