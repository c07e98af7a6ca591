"""The state of the emulated Teams: tenants with their people, chats, teams and messages. Every collection is
bounded."""

import secrets
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.teams.values import ApiError, Clock, bad_syntax

Kind = Literal["personal", "groupChat", "channel"]
"""A chat of one person with the bot, a group chat, or a channel of a team."""
Ended = Literal["final", "stopped", "expired"]
"""How a stream ended: with the final message, by the stop button, or because its time was over."""

MAX_MESSAGES = 5_000
"""Messages kept in a conversation; the oldest are forgotten first."""
_ID_STARTS = ("a:", "19:", "29:", "28:")


@dataclass(slots=True)
class Person:
    """A person of a tenant."""

    id: str
    aad_object_id: str
    tenant_id: str
    given_name: str
    surname: str
    user_principal_name: str
    email: str | None
    role: str = "user"
    """What the person is in the tenant: ``user``, ``guest`` or ``anonymous``."""
    home_tenant_id: str = ""
    """The tenant of the account of a person of another organisation; empty for the tenant's own people."""

    @property
    def name(self) -> str:
        """The person's full name."""
        return f"{self.given_name} {self.surname}".strip()

    def account(self) -> JSON:
        """Return the person as ``from`` and the member lists of events show them."""
        return {"id": self.id, "name": self.name, "aadObjectId": self.aad_object_id}

    def member(self) -> JSON:
        """Return the person as the roster's operations show them (a TeamsChannelAccount)."""
        return {
            **self.account(),
            "objectId": self.aad_object_id,
            "givenName": self.given_name,
            "surname": self.surname,
            "email": self.email,
            "userPrincipalName": self.user_principal_name,
            "tenantId": self.home_tenant_id or self.tenant_id,
            "userRole": self.role,
        }


@dataclass(slots=True)
class Stream:
    """A message while it is streamed. ``started`` is a monotonic time; ``shown`` is the latest text, ``content`` the
    latest that is not an informative update."""

    started: float
    sequence: int
    kind: Literal["informative", "streaming"]
    shown: str
    content: str = ""
    ended: Ended | None = None


@dataclass(slots=True)
class Message:
    """A message. ``activity`` is what was sent: text, attachments, entities and so on.

    ``root`` is the post of the channel thread it replies in. ``shared`` are files that people see and a bot does not
    receive. ``targeted_for`` is the only person who sees it, if it is targeted.
    """

    id: str
    sender: str
    activity: JSON
    root: str | None = None
    at: float = field(default_factory=time.time)
    edited: bool = False
    deleted: bool = False
    seen_by_bot: bool = False
    undelivered: bool = False
    targeted_for: str | None = None
    stream: Stream | None = None
    shared: list[JSON] = field(default_factory=list[JSON])
    reactions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    cards: dict[tuple[str, int], JSON] = field(default_factory=dict[tuple[str, int], JSON])
    """The cards that a person sees in place of an attachment, after an Action.Execute was answered with a card."""
    consents: dict[int, str] = field(default_factory=dict[int, str])
    verdicts: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def thread(self) -> str:
        """The post this message belongs under. For a message that is not a reply this is the message itself."""
        return self.root or self.id


@dataclass(slots=True)
class Team:
    """A team. Its id is that of its General channel."""

    id: str
    name: str
    aad_group_id: str
    tenant_id: str
    channels: list["Conversation"] = field(default_factory=list["Conversation"])


@dataclass(slots=True)
class Conversation:
    """A chat or a channel with its messages. ``members`` are ids of people; ``installed`` is whether the app is in
    it."""

    id: str
    kind: Kind
    tenant_id: str
    name: str
    members: list[str]
    installed: bool = True
    blocked: bool = False
    team: Team | None = None
    messages: OrderedDict[str, Message] = field(default_factory=OrderedDict[str, Message])
    typing: bool = False

    def add(self, message: Message) -> None:
        """Keep a message. Beyond ``MAX_MESSAGES`` the oldest is forgotten."""
        self.messages[message.id] = message
        if len(self.messages) > MAX_MESSAGES:
            self.messages.popitem(last=False)

    def find(self, message_id: str) -> Message:
        """Return a message for what a person does. Raises ``PersonError`` when there is none."""
        message = self.messages.get(message_id)
        if message is None or message.deleted:
            raise PersonError("no such message")
        return message

    def activity(self, activity_id: str) -> Message:
        """Return a message for a call of the connector. Raises ``ApiError`` when there is none."""
        message = self.messages.get(activity_id)
        if message is None or message.deleted:
            raise ApiError(404, "ActivityNotFoundInConversation", "Conversation not found.")
        return message


@dataclass(slots=True)
class Tenant:
    """An organisation that uses the app."""

    id: str
    name: str


class World:
    """All tenants, people, teams and conversations. ``base`` is the emulator's own URL."""

    def __init__(self, app_id: str, *, bot_name: str = "gateway") -> None:
        self.app_id = app_id
        self.bot_id = f"28:{app_id}"
        self.bot_name = bot_name
        self.base = ""
        self.clock = Clock()
        self.tenants: dict[str, Tenant] = {}
        self.people: dict[str, Person] = {}
        self.teams: dict[str, Team] = {}
        self.conversations: dict[str, Conversation] = {}

    def bot(self) -> JSON:
        """Return the bot's account."""
        return {"id": self.bot_id, "name": self.bot_name}

    def service_url(self, tenant_id: str) -> str:
        """Return the ``serviceUrl`` of a tenant's activities."""
        return f"{self.base}/amer/{tenant_id}/"

    # -- building the state

    def add_tenant(self, name: str) -> Tenant:
        """Add a tenant."""
        tenant = Tenant(str(uuid.uuid4()), name)
        self.tenants[tenant.id] = tenant
        return tenant

    def add_person(self, tenant: Tenant, given_name: str, surname: str, email: str | None) -> Person:
        """Add a person to a tenant."""
        person = Person(
            f"29:1{secrets.token_urlsafe(48)}",
            str(uuid.uuid4()),
            tenant.id,
            given_name,
            surname,
            email or f"{given_name}@{tenant.name}.example".lower().replace(" ", "-"),
            email,
        )
        self.people[person.id] = person
        return person

    def add_conversation(
        self, kind: Kind, tenant_id: str, name: str, members: list[str], *, team: Team | None = None, id: str = ""
    ) -> Conversation:
        """Add a conversation, to a ``team`` if it is a channel."""
        ends = {
            "personal": f"a:1{secrets.token_urlsafe(32)}",
            "groupChat": f"19:{secrets.token_hex(16)}@thread.v2",
            "channel": f"19:{secrets.token_hex(16)}@thread.tacv2",
        }
        conversation = Conversation(id or ends[kind], kind, tenant_id, name, members, team=team)
        self.conversations[conversation.id] = conversation
        if team is not None:
            team.channels.append(conversation)
        return conversation

    def add_team(self, tenant: Tenant, name: str, members: list[str]) -> Team:
        """Add a team with its General channel."""
        team = Team(f"19:{secrets.token_hex(16)}@thread.tacv2", name, str(uuid.uuid4()), tenant.id)
        self.teams[team.id] = team
        self.add_conversation("channel", tenant.id, "General", members, team=team, id=team.id)
        return team

    # -- finding

    def person(self, name: str) -> Person:
        """Return a person by id, AAD object id, e-mail or name. Raises ``PersonError`` when there is none."""
        wanted = name.lower()
        for person in self.people.values():
            names = (person.id, person.aad_object_id, person.email, person.given_name, person.name)
            if wanted in (str(n).lower() for n in names):
                return person
        raise PersonError(f"no user {name}")

    def personal(self, person_id: str) -> Conversation | None:
        """Return a person's chat with the bot, or None."""
        chats = (c for c in self.conversations.values() if c.kind == "personal")
        return next((c for c in chats if c.members == [person_id]), None)

    def place(self, name: str, person: Person) -> Conversation:
        """Return a conversation by id or by name; ``personal`` is the person's chat with the bot. Raises
        ``PersonError`` when there is none."""
        found = self.conversations.get(name.partition(";messageid=")[0])
        if found is None and name == "personal":
            found = self.personal(person.id)
        if found is None:
            named = (c for c in self.conversations.values() if c.kind != "personal" and c.name == name.lstrip("#"))
            found = next((c for c in named if c.tenant_id == person.tenant_id), None)
        if found is None:
            raise PersonError(f"no conversation {name}")
        return found

    def addressed(self, given: str, tenant_id: str | None) -> tuple[Conversation, str | None]:
        """Return the conversation that a call names, and the root of the channel thread if it names one. Raises
        ``ApiError``."""
        if not given.startswith(_ID_STARTS):
            raise bad_syntax("Bad format of conversation ID")
        conversation_id, _, root = given.partition(";messageid=")
        conversation = self.conversations.get(conversation_id)
        if conversation is None:
            raise ApiError(404, "ConversationNotFound", "Conversation not found.")
        if tenant_id is not None and conversation.tenant_id != tenant_id:
            raise ApiError(403, "NotEnoughPermissions", "The bot isn't authorized for this tenant.")
        if not conversation.installed:
            raise ApiError(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        if conversation.blocked:
            raise ApiError(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.")
        if root:
            conversation.activity(root)
        return conversation, root or None

    def at(self, conversation: Conversation, root: str | None) -> str:
        """Return the conversation's id on the wire. In a channel it contains the thread."""
        if conversation.kind == "channel" and root is not None:
            return f"{conversation.id};messageid={root}"
        return conversation.id

    def account(self, sender: str) -> JSON:
        """Return the account of a message's sender."""
        return self.bot() if sender == self.bot_id else self.people[sender].account()


def text_of(activity: JSON) -> str:
    """Return an activity's text, or "" when it has none."""
    text: Any = activity.get("text")
    return text if isinstance(text, str) else ""
