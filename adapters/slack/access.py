"""What Slack tells of people for access rules: guests, people of other organisations, user groups."""

import asyncio
import time
from collections.abc import Collection, Mapping

from adapters.fields import Json, obj, text
from adapters.slack.api import SlackApi
from adapters.slack.errors import code_of
from gateway.adapter import IdForm
from gateway.errors import Rejected
from gateway.model import AccessFacts, ConversationRef, Envelope, UserRef

RULE_IDS: Mapping[str, IdForm] = {
    "workspace": IdForm(r"[TE][A-Z0-9]{2,30}", "T0123ABCD"),
    "channel": IdForm(r"[CDG][A-Z0-9]{2,30}", "C0123ABCD"),
    "user": IdForm(r"[UW][A-Z0-9]{2,30}", "U0123ABCD"),
    "group": IdForm(r"S[A-Z0-9]{2,30}", "S0123ABCD"),
}
"""What rules can name in Slack."""
GROUP_KEPT = 300.0
"""Seconds for which the members of a user group are remembered: usergroups.users.list may be called 20 times a minute,
for however many people (Tier 2)."""
_UNKNOWN_GROUPS = frozenset({"no_such_subteam", "subteam_not_found"})


def facts_told(envelope: Envelope) -> AccessFacts:
    """Return what a delivery tells of who sent it. Pure."""
    body, team = envelope.body, envelope.ref.workspace
    channels = frozenset((envelope.ref.channel,))
    if text(body, "command"):
        return AccessFacts(channels=channels)  # a command names the workspace it was given in, not the person's own
    if "event" not in body:
        home = text(obj(body, "user"), "team_id") or None
        grid = bool(obj(body, "enterprise"))
        return AccessFacts(external=_is_external(home, team, in_grid=grid), home=home, channels=channels)
    event = obj(body, "event")
    said = obj(event, "message") or obj(event, "previous_message") or event
    profile = obj(said, "user_profile")
    home = text(said, "user_team") or text(profile, "team") or text(said, "source_team") or None
    if body.get("is_ext_shared_channel") is False:
        external: bool | None = False
        home = home or text(said, "team") or None
    else:
        external = _is_external(home, team, in_grid=bool(text(body, "context_enterprise_id")))
    guest = None
    if isinstance(profile.get("is_restricted"), bool):
        guest = profile.get("is_restricted") is True or profile.get("is_ultra_restricted") is True
    return AccessFacts(guest=guest, external=external, home=home, channels=channels)


def _is_external(home: str | None, team: str, *, in_grid: bool) -> bool | None:
    """Return whether somebody of the workspace ``home`` is a stranger in ``team``. Workspaces of one Enterprise Grid
    are not strangers to each other, and a delivery does not tell whose Grid a workspace is in."""
    if not home:
        return None
    return False if home == team else None if in_grid else True


class People:
    """Asks Slack for people."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}
        self._lock = asyncio.Lock()

    async def facts_of(self, user: UserRef, where: ConversationRef, groups: Collection[str]) -> AccessFacts:
        """Return what users.info and usergroups.users.list (scope ``usergroups:read``) tell of a person."""
        person = obj(await self._api.query("users.info", user=user.id), "user")
        home = text(person, "team_id")
        among = obj(person, "enterprise_user").get("teams")
        same_grid = isinstance(among, list) and where.workspace in among
        inside = [group for group in groups if user.id in await self._members(group)]
        return AccessFacts(
            guest=person.get("is_restricted") is True or person.get("is_ultra_restricted") is True,
            external=person.get("is_stranger") is True or (home != where.workspace and not same_grid),
            bot=person.get("is_bot") is True,
            home=home,
            groups=frozenset(inside),
        )

    async def _members(self, group: str) -> frozenset[str]:
        async with self._lock:  # so that many people who write at once cost one call
            known = self._groups.get(group)
            if known is not None and known[0] > time.monotonic():
                return known[1]
            try:
                answer: Json = await self._api.query("usergroups.users.list", usergroup=group)
            except Rejected as error:
                if code_of(error) not in _UNKNOWN_GROUPS:
                    raise
                answer = {}  # the group was deleted, so nobody is in it
            users = answer.get("users")
            members = (
                frozenset(each for each in users if isinstance(each, str))
                if isinstance(users, list)
                else frozenset[str]()
            )
            self._groups[group] = (time.monotonic() + GROUP_KEPT, members)
            return members
