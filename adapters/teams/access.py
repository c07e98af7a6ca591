"""What Teams tells of people for access rules: guests, and the tenant of their account."""

from collections.abc import Mapping

from adapters.fields import Json, obj, text
from gateway.adapter import IdForm
from gateway.model import AccessFacts, ConversationRef, Envelope

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
RULE_IDS: Mapping[str, IdForm] = {
    "workspace": IdForm(_UUID, "00000000-0000-0000-0000-000000000000, the id of a tenant"),
    "channel": IdForm(r"(?:19|a):\S+", "19:…@thread.tacv2"),
    "user": IdForm(rf"{_UUID}|29:\S+", "00000000-0000-0000-0000-000000000000, the object id in Entra"),
}
"""What rules can name in Teams. A bot does not hear of the groups of Entra."""

_GUESTS = frozenset({"guest", "anonymous"})
"""Roles in the roster of people who are no members of the tenant (TeamsChannelAccount, ``userRole``)."""
_BOT = "28:"


def facts_told(envelope: Envelope) -> AccessFacts:
    """Return what an activity tells of who sent it. Pure."""
    sender = text(obj(envelope.body, "from"), "id")
    return AccessFacts(bot=sender.startswith(_BOT), groups=frozenset(), channels=frozenset((envelope.ref.channel,)))


def facts_of_member(member: Json, where: ConversationRef) -> AccessFacts:
    """Return what an entry of a roster tells. A role or a tenant that it leaves out is not known."""
    role, tenant = text(member, "userRole").lower(), text(member, "tenantId")
    return AccessFacts(
        guest=role in _GUESTS if role else None,
        external=tenant.lower() != where.workspace.lower() if tenant else None,
        bot=False,
        home=tenant or None,
        groups=frozenset(),
    )
