"""The connector's read operations: members of a conversation, and a team with its channels."""

from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.values import ApiError, bad_argument
from gateway.emulators.teams.world import Conversation, Team

MIN_PAGE, DEFAULT_PAGE, MAX_PAGE = 50, 200, 500
"""Members in one page: at least, by default, at most (Teams' page on the bot's roster)."""


def member(backend: Backend, conversation: Conversation, wanted: str) -> JSON:
    """Return a member by id, AAD object id or user principal name. Raises ``ApiError`` when there is none."""
    for member_id in conversation.members:
        person = backend.world.people[member_id]
        if wanted in (person.id, person.aad_object_id, person.user_principal_name):
            return person.member()
    raise ApiError(404, "MemberNotFoundInConversation", "Member not found in conversation.")


def members(backend: Backend, conversation: Conversation) -> list[JSON]:
    """Return all members of a conversation."""
    return [backend.world.people[m].member() for m in conversation.members]


def paged(backend: Backend, conversation: Conversation, size: str | None, token: str | None) -> JSON:
    """Return one page of members (50 to 500, 200 by default), with a token for the next page."""
    if (size is not None and not size.isdigit()) or (token is not None and not token.isdigit()):
        raise bad_argument("pageSize or continuationToken is malformed")
    count = min(max(int(size or DEFAULT_PAGE), MIN_PAGE), MAX_PAGE)
    first = int(token or 0)
    page: JSON = {"members": members(backend, conversation)[first : first + count]}
    if first + count < len(conversation.members):
        page["continuationToken"] = str(first + count)
    return page


def team(backend: Backend, team_id: str) -> Team:
    """Return a team. Raises ``ApiError`` when it is unknown or the app is not installed in it."""
    found = backend.world.teams.get(team_id)
    if found is None:
        raise ApiError(404, "ConversationNotFound", "Conversation not found.")
    if not found.channels[0].installed:
        raise ApiError(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
    return found


def team_details(found: Team) -> JSON:
    """Return a team as the connector shows it."""
    return {"id": found.id, "name": found.name, "aadGroupId": found.aad_group_id, "tenantId": found.tenant_id}


def channels(found: Team) -> JSON:
    """Return the channels of a team as the connector shows them. General has no name; its id is the team's."""
    listed: list[dict[str, Any]] = [{"id": c.id, "name": None if c.id == found.id else c.name} for c in found.channels]
    return {"conversations": listed}
