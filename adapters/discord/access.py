"""What Discord tells of people for access rules: their roles, and the channel that a thread is in."""

from collections.abc import Collection, Mapping

from adapters.discord.api import Api
from adapters.discord.conversations import PARENT
from adapters.discord.directory import Directory
from adapters.discord.fields import as_object
from adapters.fields import Json, obj, text
from gateway.adapter import IdForm
from gateway.errors import Gone
from gateway.model import AccessFacts, ConversationRef, Envelope, UserRef

_SNOWFLAKE = r"\d{1,20}"
RULE_IDS: Mapping[str, IdForm] = {
    "workspace": IdForm(rf"{_SNOWFLAKE}|dm", "81384788765712384, or dm for direct messages"),
    "channel": IdForm(_SNOWFLAKE, "81384788765712385"),
    "user": IdForm(_SNOWFLAKE, "80351110224678912"),
    "group": IdForm(_SNOWFLAKE, "41771983423143936"),
}
"""What rules can name in Discord; a group is a role."""


def facts_told(envelope: Envelope, directory: Directory) -> AccessFacts:
    """Return what a delivery tells of who sent it, and what the directory knows of the place. Discord has neither
    guests nor other organisations: whoever is in a server is a member of it."""
    data = obj(envelope.body, "d")
    member, guild = obj(data, "member"), text(data, "guild_id")
    person = obj(data, "author") or obj(member, "user") or obj(data, "user")
    bot = None
    if person:
        bot = person.get("bot") is True or bool(text(data, "webhook_id"))
    return AccessFacts(
        guest=False,
        external=False,
        bot=bot,
        home="",
        groups=_roles(member, guild) if member and guild else None,
        channels=_channels(envelope.ref, directory),
    )


def _roles(member: Json, guild: str) -> frozenset[str]:
    """Return the ids of a member's roles, with that of ``@everyone``, which is the server's own."""
    roles = member.get("roles")
    return frozenset((guild, *(each for each in (roles if isinstance(roles, list) else ()) if isinstance(each, str))))


def _channels(where: ConversationRef, directory: Directory) -> frozenset[str] | None:
    if where.kind != "thread":
        return frozenset((where.channel,))
    known = directory.get(where.channel)
    parent = where.route.get(PARENT) or (known.parent if known is not None else "")
    return frozenset((where.channel, parent)) if parent else None


class People:
    """Asks Discord for people."""

    def __init__(self, api: Api, directory: Directory) -> None:
        self._api = api
        self._directory = directory

    async def facts_of(self, user: UserRef, where: ConversationRef, groups: Collection[str]) -> AccessFacts:
        """Return which of these roles a person has, read by Get Guild Member: a role counts in the direct messages too.
        A role of a server that the bot does not know is not known of anybody."""
        known = await self._roles_of(user, groups)
        channels = _channels(where, self._directory) or await self._channels_of(where)
        person: Json = as_object(await self._api.call("GET", "/users/{user_id}", {"user_id": user.id}))
        return AccessFacts(
            guest=False, external=False, bot=person.get("bot") is True, home="", groups=known, channels=channels
        )

    async def _roles_of(self, user: UserRef, groups: Collection[str]) -> frozenset[str] | None:
        servers = {group: self._directory.server_of_role(group) for group in groups}
        if not all(servers.values()):
            return None
        found: set[str] = set()
        for server in sorted(set(servers.values())):
            try:
                member = as_object(
                    await self._api.call(
                        "GET", "/guilds/{guild_id}/members/{user_id}", {"guild_id": server, "user_id": user.id}
                    )
                )
            except Gone:
                continue  # they are not in that server
            found |= _roles(member, server)
        return frozenset(found)

    async def _channels_of(self, where: ConversationRef) -> frozenset[str]:
        told = as_object(await self._api.call("GET", "/channels/{channel_id}", {"channel_id": where.channel}))
        return frozenset(each for each in (where.channel, text(told, "parent_id")) if each)
