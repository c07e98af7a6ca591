"""Looks users up in a conversation's roster: names and e-mail addresses."""

from collections import OrderedDict
from collections.abc import Iterable

from adapters.fields import Json, text
from adapters.teams.transport import Transport
from gateway.errors import Forbidden, Gone, Rejected, Unsupported
from gateway.model import ConversationRef, Profile, UserRef

_KEPT = 10_000
"""Users of whom the last conversation they were seen in is remembered."""


class Members:
    """Reads rosters. A roster belongs to a conversation, so the conversation a user was last seen in is remembered;
    after a restart, and at another replica, that begins anew with the first activity from them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._seen: OrderedDict[tuple[str, str], ConversationRef] = OrderedDict()

    def saw(self, user: str, ref: ConversationRef) -> None:
        """Remember that the user with this id is a member of this conversation."""
        self._seen[ref.workspace, user] = ref
        self._seen.move_to_end((ref.workspace, user))
        if len(self._seen) > _KEPT:
            self._seen.popitem(last=False)

    async def profile(self, user: UserRef) -> Profile:
        """Return what the roster says of a user; only what is known anyway where there is no conversation to ask in."""
        ref = self._seen.get((user.workspace, user.id))
        if ref is None:
            return Profile(display_name=user.name)
        # Looked up by the id that came with the user's activity, because every connector knows that one.
        member = await self._transport.member(ref, ref.route.get("user") or user.id)
        known = ("userPrincipalName", "aadObjectId", "givenName", "surname", "userRole", "tenantId")
        return Profile(
            display_name=text(member, "name") or user.name,
            email=text(member, "email") or text(member, "userPrincipalName") or None,
            extra={name: text(member, name) for name in known if text(member, name)},
        )

    async def member(self, user: UserRef, where: ConversationRef) -> Json:
        """Return a person as the roster of a conversation they did something in has them."""
        return await self._transport.member(where, where.route.get("user") or user.id)

    async def names(self, to: ConversationRef, ids: Iterable[str]) -> dict[str, str]:
        """Return the names to mention people of a conversation by; a person who is not in it is left out."""
        found: dict[str, str] = {}
        for each in ids:
            try:
                member: Json = await self._transport.member(to, each)
            except (Forbidden, Gone, Rejected, Unsupported):
                continue
            if name := text(member, "name"):
                found[each] = name.replace("<", "").replace(">", "")
        return found
