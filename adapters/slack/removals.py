"""Handles the removal of the app from a workspace: the tokens are deleted, the conversations there end.

Slack tells it by ``app_uninstalled``, by ``tokens_revoked`` or by both, in any order, and more than once. Such an event
may also come late, after the app was installed again: so the stored token is tried before it is deleted.
"""

from collections import Counter

import structlog

from adapters.fields import Json, obj, text
from adapters.slack.addressees import addressees
from adapters.slack.api import SlackApi, SlackHttp
from adapters.slack.envelope import uninstalled
from adapters.slack.installation import Installation
from adapters.slack.installations import Installations
from adapters.slack.rotation import Rotation
from adapters.slack.tokens import FixedToken
from gateway.adapter import Accept
from gateway.errors import SettingsError, Undecryptable

_TEAMS = 1_000
"""Workspaces of an organisation whose conversations are ended."""

log = structlog.get_logger(__name__)


def is_removal(body: Json) -> bool:
    """Return whether a delivery says that the app was removed from a workspace. Of revoked tokens only the bot's
    matter; people's own may be revoked at any time."""
    event = obj(body, "event")
    kind = text(event, "type")
    return kind == "app_uninstalled" or (kind == "tokens_revoked" and bool(obj(event, "tokens").get("bot")))


class Removals:
    """Ends what the gateway has of a workspace that the app was removed from. Other workspaces go on."""

    def __init__(self, http: SlackHttp, installations: Installations, rotation: Rotation) -> None:
        self._http = http
        self._installations = installations
        self._rotation = rotation
        self.counts: Counter[str] = Counter()
        """How many removals there were (``removed``), and how many came too late (``stale``)."""

    async def take(self, body: Json, accept: Accept) -> None:
        """Handle the delivery. Raises where that has to be tried again: Slack sends it again."""
        where = addressees(body)[0]
        # What is told of one workspace says nothing of an installation in its whole organisation.
        for id in filter(None, (where.org, where.team) if where.org_wide else (where.team or where.org,)):
            async with self._installations.lock(id):
                found = await self._found(id)
                if found is False:
                    continue
                if isinstance(found, Installation) and await self._works(found):
                    self.counts["stale"] += 1
                    log.info("slack.removal_stale", workspace=id)
                    return
                await self._end(id, body, accept)
                await self._installations.remove(id)
            self._rotation.drop(id)
            self.counts["removed"] += 1
            log.warning("slack.uninstalled", workspace=id, kind=text(obj(body, "event"), "type"))
            return

    async def _found(self, id: str) -> Installation | bool:
        """Return the installation; True for one that cannot be read, False for none."""
        try:
            return await self._installations.read(id) or False
        except Undecryptable:
            return True

    async def _works(self, installation: Installation) -> bool:
        """Return whether the token that is stored is valid. Raises ``Unavailable`` while Slack does not say."""
        try:
            await SlackApi(self._http, FixedToken(installation.token)).identify()
        except SettingsError:
            return False
        return True

    async def _end(self, id: str, body: Json, accept: Accept) -> None:
        """End the conversations of a workspace, or of all workspaces of an organisation."""
        mark = text(body, "event_id") or text(obj(body, "event"), "event_ts") or "0"
        for team in (id, *await self._installations.teams_of(id, limit=_TEAMS)):
            await accept(uninstalled(team, mark))
