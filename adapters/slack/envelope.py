"""Turns a Slack body into an ``Envelope``: the delivery key, the conversation, or the reason it is ignored.

Everything here works on the signed JSON alone. A delivery key names the thing itself: the ``message`` and the
``app_mention`` that Slack sends for one mention, and any number of ``event_id``s for one message, are one delivery.
"""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from adapters.fields import Json, items, obj, text
from adapters.slack.controls import ACTION, FEEDBACK, MENU
from adapters.slack.forms import FORM, ref_of_view
from adapters.slack.threads import thread_in
from gateway.model import ConversationKind, ConversationRef, Envelope

DmSession = Literal["dm", "thread"]
"""What one conversation is in direct messages (``SlackSettings.dm_session``)."""


class Me(NamedTuple):
    """The bot's identity: from the delivery where it tells it, else from auth.test."""

    team: str = ""
    user: str = ""
    bot: str = ""
    name: str = ""
    """The name of the bot's user."""


_IDENTITY = "bot_identity"
"""The field of a stored delivery with the bot's identity in the workspace it is for, where that is one of many."""


class Ignored(NamedTuple):
    """A delivery that is answered 200 and ignored; ``why`` is counted."""

    why: str


# Message subtypes that are a person's words. Every other subtype (channel_join, bot_message, …) is ignored.
SPOKEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})
"""Subtypes of messages that are a person's words."""
SLACKBOT = "USLACKBOT"
"""The user under whose name Slack itself writes (reminders, automatic answers), without any other mark of a bot."""


def me_in(body: Json, default: Me) -> Me:
    """Return the identity a delivery is for. In a shared channel ``team_id`` may be the sender's, so ``authorizations``
    decides."""
    authorizations = items(body, "authorizations")
    if (known := body.get(_IDENTITY)) is not None:
        return Me(*known)
    if not authorizations:
        return default if default.team else Me(text(body, "team_id"), default.user, default.bot, default.name)
    authorization = authorizations[0]
    team = text(authorization, "team_id") or default.team or text(body, "team_id")
    user = text(authorization, "user_id") if authorization.get("is_bot") is True else ""
    return Me(team, user or default.user, default.bot, default.name)


def identified(body: Json, me: Me) -> Json:
    """Return a delivery with the bot's identity in the workspace that it is for, so that it can be parsed later
    without asking for that."""
    return {**body, _IDENTITY: list(me)}


def uninstalled(workspace: str, mark: str) -> Envelope:
    """Return the envelope that ends all conversations in a workspace. The app may be installed again and be removed
    again, so ``mark`` names this removal."""
    ref = ConversationRef(platform="slack", workspace=workspace, channel="", kind="group")
    key = f"slack:{workspace}::uninstalled:{mark}"
    return Envelope(key=key, ref=ref, body={"type": UNINSTALLED}, received_at=time.time())


def envelope_of(body: Json, *, me: Me, dm_session: DmSession) -> Envelope | Ignored:
    """Return what to store for a body, or why it is ignored. Never raises for odd input."""
    read = _READERS.get(_kind(body))
    if read is None:
        return Ignored("unknown_type")
    found = read(body, me_in(body, me), dm_session)
    if isinstance(found, Ignored):
        return found
    key, ref = found
    stored = dict(body)
    stored.pop("token", None)
    return Envelope(key=key, ref=ref, body=stored, received_at=time.time())


def _kind(body: Json) -> str:
    return text(body, "type") or ("command" if text(body, "command") else "")


Found = tuple[str, ConversationRef] | Ignored
"""The delivery key and conversation of an event, or why it is ignored."""


def ref_for(
    workspace: str, channel: str, thread: str, /, *, dm: bool, dm_session: DmSession, message: str = "", **route: str
) -> ConversationRef:
    """Return the conversation at a place.

    In a channel that is the thread; a top-level message is the root of one. A direct message is one conversation under
    ``dm_session="dm"``: the route then says under which message a reply belongs.
    """
    root = thread or message
    known = {name: value for name, value in route.items() if value}
    kind: ConversationKind = "dm" if dm else ("thread" if root else "group")
    if dm and dm_session == "dm":
        if root:
            known["thread_ts"] = root
        root = ""
    return ConversationRef(
        platform="slack", workspace=workspace, channel=channel, thread=root or None, kind=kind, route=known
    )


def is_dm(channel: str, channel_type: str = "") -> bool:
    """Return whether a channel is a direct message; some events do not carry the type, but ids of direct messages start
    with D."""
    return channel_type in ("im", "app_home") if channel_type else channel.startswith("D")


def _event(body: Json, me: Me, dm_session: DmSession) -> Found:
    event = obj(body, "event")
    kind = text(event, "type")
    if kind in ("message", "app_mention"):
        return _message(event, me, dm_session)
    read = _EVENTS.get(kind)
    if read is None:
        return Ignored("unknown_event")
    # Some events come without a time of their own; the id of the event is the same in each of its retries.
    return read(event if "event_ts" in event else {**event, "event_ts": text(body, "event_id")}, me, dm_session)


def mentions(message: Json, user: str) -> bool:
    """Return whether a message mentions the bot."""
    written = text(message, "text")
    return bool(user) and (f"<@{user}>" in written or f"<@{user}|" in written)


def by_bot(message: Json, me: Me) -> str:
    """Return why a message is not a person's: ``own`` or ``bot``; empty for a person's message."""
    user, bot = text(message, "user"), text(message, "bot_id")
    if (me.user and user == me.user) or (me.bot and bot == me.bot):
        return "own"
    return "bot" if bot or not user or user == SLACKBOT or text(message, "subtype") == "bot_message" else ""


def _message(event: Json, me: Me, dm_session: DmSession) -> Found:
    channel, subtype = text(event, "channel"), text(event, "subtype")
    if not channel:
        return Ignored("malformed")
    if subtype == "message_changed":
        return _changed(event, me, dm_session)
    if subtype == "message_deleted":
        return _deleted(event, me, dm_session)
    if subtype in NOTES_OF_AN_END and (subtype in ENDS or text(event, "user") == me.user):
        return _left(event, me, dm_session)
    if subtype not in SPOKEN:
        return Ignored("subtype")
    if why := by_bot(event, me):
        return Ignored(why)
    ts, thread = text(event, "ts"), text(event, "thread_ts")
    dm = is_dm(channel, text(event, "channel_type"))
    if not ts:
        return Ignored("malformed")
    if not dm and not thread and text(event, "type") == "message" and not mentions(event, me.user):
        return Ignored("not_addressed")
    return f"slack:{me.team}:{channel}:{ts}", _ref(event, event, me, dm_session)


def _ref(event: Json, message: Json, me: Me, dm_session: DmSession) -> ConversationRef:
    channel = text(event, "channel")
    return ref_for(
        me.team,
        channel,
        text(message, "thread_ts"),
        dm=is_dm(channel, text(event, "channel_type")),
        dm_session=dm_session,
        message=text(message, "ts"),
        user=text(message, "user"),
        team=text(message, "user_team") or text(message, "team"),
    )


def _changed(event: Json, me: Me, dm_session: DmSession) -> Found:
    """Read a person's edit of a text. Unfurls, metadata, new reply counts and the bot's own edits are no edits."""
    message, previous = obj(event, "message"), obj(event, "previous_message")
    ts, channel = text(message, "ts"), text(event, "channel")
    if not ts:
        return Ignored("malformed")
    if text(message, "subtype") == "tombstone":
        # The root of a thread was deleted, its replies stay.
        return f"slack:{me.team}:{channel}:{ts}:delete", _ref(event, {**previous, **message}, me, dm_session)
    if why := by_bot(message, me):
        return Ignored(why)
    edited = obj(message, "edited")
    if text(message, "subtype") not in SPOKEN or not edited or text(message, "text") == text(previous, "text"):
        return Ignored("not_an_edit")
    addressed = text(message, "thread_ts") or mentions(message, me.user) or mentions(previous, me.user)
    if not addressed and not is_dm(channel, text(event, "channel_type")):
        return Ignored("not_addressed")
    mark = text(edited, "ts") or text(event, "event_ts")
    return f"slack:{me.team}:{channel}:{ts}:edit:{mark}", _ref(event, message, me, dm_session)


def _deleted(event: Json, me: Me, dm_session: DmSession) -> Found:
    previous, channel = obj(event, "previous_message"), text(event, "channel")
    ts = text(event, "deleted_ts") or text(previous, "ts")
    if not ts:
        return Ignored("malformed")
    if previous:  # Slack may leave it out: then it can be any message, a conversation's first one as well
        if why := by_bot(previous, me):
            return Ignored(why)
        dm = is_dm(channel, text(event, "channel_type"))
        if not dm and not text(previous, "thread_ts") and not mentions(previous, me.user):
            return Ignored("not_addressed")
    return f"slack:{me.team}:{channel}:{ts}:delete", _ref(event, {**previous, "ts": ts}, me, dm_session)


def _reaction(event: Json, me: Me, dm_session: DmSession) -> Found:
    """Read a reaction. Slack names the message, not its thread; ``ReactionThreads`` put that in. Without it the message
    is taken to begin its thread."""
    item = obj(event, "item")
    user, channel, ts = text(event, "user"), text(item, "channel"), text(item, "ts")
    if user == me.user:
        return Ignored("own")
    if text(item, "type") != "message" or not channel or not ts or not user:
        return Ignored("not_a_message")
    ref = ref_for(
        me.team, channel, text(item, "thread_ts"), dm=is_dm(channel), dm_session=dm_session, message=ts, user=user
    )
    sign = "" if text(event, "type") == "reaction_added" else "-"
    mark = f"{sign}{text(event, 'reaction')}:{text(event, 'event_ts')}"
    return f"slack:{me.team}:{channel}:{ts}:reaction:{user}:{mark}", ref


def _opened(event: Json, me: Me, dm_session: DmSession) -> Found:
    user, channel = text(event, "user"), text(event, "channel")
    if text(event, "tab") != "messages" or not user or not channel:
        return Ignored("not_the_messages_tab")
    ref = ref_for(me.team, channel, "", dm=True, dm_session=dm_session, user=user)
    return f"slack:{me.team}:{channel}:opened:{user}:{text(event, 'event_ts')}", ref


def _stopped(event: Json, me: Me, dm_session: DmSession) -> Found:
    channel, thread = text(event, "channel"), text(event, "thread_ts")
    if not channel:
        return Ignored("malformed")
    ref = ref_for(me.team, channel, thread, dm=is_dm(channel), dm_session=dm_session, user=text(event, "user"))
    return f"slack:{me.team}:{channel}:stop:{thread}:{text(event, 'event_ts')}", ref


def _left(event: Json, me: Me, dm_session: DmSession) -> Found:
    """Read that the bot left a channel, or that the channel was archived or deleted."""
    channel, user = text(event, "channel"), text(event, "user")
    if not channel or (text(event, "type") == "member_left_channel" and user != me.user):
        return Ignored("not_the_bot")
    ref = ref_for(me.team, channel, "", dm=is_dm(channel), dm_session=dm_session)
    return f"slack:{me.team}:{channel}:left:{text(event, 'event_ts')}", ref


def _actions(body: Json, me: Me, dm_session: DmSession) -> Found:
    action = our_action(body)
    if action is None:
        return Ignored("foreign_action")
    user, container, message = text(obj(body, "user"), "id"), obj(body, "container"), obj(body, "message")
    channel = text(obj(body, "channel"), "id") or text(container, "channel_id")
    if not user or not channel:
        return Ignored("malformed")
    ref = ref_for(
        me.team or _team(body),
        channel,
        text(message, "thread_ts") or text(container, "thread_ts") or thread_in(text(action, "block_id")),
        dm=is_dm(channel),
        dm_session=dm_session,
        message=text(message, "ts") or text(container, "message_ts"),
        user=user,
        team=text(obj(body, "user"), "team_id"),
    )
    mark = f"{text(action, 'action_ts')}:{user}:{text(action, 'action_id')}"
    return f"slack:{ref.workspace}:{channel}:action:{mark}", ref


def our_action(body: Json) -> Json | None:
    """Return the first action on a control that this adapter sent; None if there is none."""
    for action in items(body, "actions"):
        name = text(action, "action_id")
        if name == FEEDBACK or name.startswith((ACTION, MENU)):
            return action
    return None


def _submission(body: Json, me: Me, dm_session: DmSession) -> Found:
    view, user = obj(body, "view"), text(obj(body, "user"), "id")
    ref = ref_of_view(view)
    if text(view, "callback_id") != FORM or ref is None or not user:
        return Ignored("foreign_view")
    # A form that errors kept open comes again under the same id and hash, so its values are part of the key.
    values = json.dumps(obj(obj(view, "state"), "values"), sort_keys=True).encode()
    digest = hashlib.blake2s(values, digest_size=8).hexdigest()
    return f"slack:{ref.workspace}:view:{text(view, 'id')}:{text(view, 'hash')}:{user}:{digest}", ref


def _command(body: Json, me: Me, dm_session: DmSession) -> Found:
    channel, user, trigger = text(body, "channel_id"), text(body, "user_id"), text(body, "trigger_id")
    if not channel or not user:
        return Ignored("malformed")
    team = me.team or text(body, "team_id")
    ref = ref_for(
        team,
        channel,
        text(body, "thread_ts"),
        dm=is_dm(channel),
        dm_session=dm_session,
        user=user,
        team=text(body, "team_id"),
    )
    return f"slack:{team}:{channel}:command:{trigger or time.time_ns()}", ref


def _team(body: Json) -> str:
    return text(obj(body, "team"), "id") or text(obj(body, "user"), "team_id")


_Reader = Callable[[Json, Me, DmSession], Found]

ENDS = ("channel_archive", "channel_deleted", "group_archive", "group_deleted", "channel_left", "group_left")
"""Events after which nothing can be said in a channel any more."""
NOTES_OF_AN_END = frozenset({"channel_archive", "group_archive", "channel_leave", "group_leave"})
"""Subtypes of the notes Slack writes into a channel when it is archived, and when a member leaves it, who may be the
bot."""

UNINSTALLED = "gateway_uninstalled"
"""The type of the delivery that the adapter makes of the app's removal from a workspace."""

_EVENTS: dict[str, _Reader] = {
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "app_home_opened": _opened,
    "agent_session_stopped": _stopped,
    "member_left_channel": _left,
    **dict.fromkeys(ENDS, _left),
}

_READERS: dict[str, _Reader] = {
    "event_callback": _event,
    "block_actions": _actions,
    "view_submission": _submission,
    "command": _command,
}
