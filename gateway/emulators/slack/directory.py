"""The Web API's auth, team, bots, users, conversations and reactions methods."""

from gateway.emulators.common.values import JSON
from gateway.emulators.slack import args as read
from gateway.emulators.slack.backend import Backend
from gateway.emulators.slack.state import Channel, Message
from gateway.emulators.slack.values import ApiError, invalid_arguments
from gateway.emulators.slack.world import Team

MAX_HISTORY = 999
"""Messages in one page of conversations.history and conversations.replies (their ``limit`` argument)."""
MAX_REACTIONS = 23
"""Different reactions on one message (``too_many_emoji`` of reactions.add)."""
_TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def api_test(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``api.test``."""
    del backend, team
    error = read.string(args, "error")
    if error is not None:
        raise ApiError(error, args=args)
    return {"ok": True, "args": args}


def auth_test(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``auth.test``."""
    del backend, args
    return {
        "ok": True,
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": team.bot.name,
        "team_id": team.id,
        "user_id": team.bot.id,
        "bot_id": team.bot.bot_id,
        "is_enterprise_install": team.org_wide,
        **({"enterprise_id": team.enterprise} if team.enterprise else {}),
    }


def team_info(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``team.info``."""
    del backend, args
    return {"ok": True, "team": {"id": team.id, "name": team.name, "domain": team.domain}}


def bots_info(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``bots.info``."""
    del backend
    for user in team.users.values():
        if user.bot_id is not None and user.bot_id == args.get("bot"):
            bot = {"id": user.bot_id, "name": user.name, "user_id": user.id, "app_id": user.app_id, "deleted": False}
            return {"ok": True, "bot": bot}
    raise ApiError("bot_not_found")


def users_info(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``users.info``."""
    del backend
    user = team.users.get(read.string(args, "user") or "")
    if user is None:
        raise ApiError("user_not_found")
    return {"ok": True, "user": user.wire(with_email="users:read.email" in team.scopes, seen_from=team.id)}


def usergroups_users_list(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``usergroups.users.list``."""
    del backend
    members = team.groups.get(read.required(args, "usergroup"))
    if members is None:
        raise ApiError("no_such_subteam")
    return {"ok": True, "users": list(members)}


def users_list(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``users.list``."""
    del backend
    users, cursor = read.page(list(team.users.values()), args, limit=read.number(args, "limit", 200, most=1000))
    with_email = "users:read.email" in team.scopes
    return {
        "ok": True,
        "members": [user.wire(with_email=with_email) for user in users],
        "response_metadata": {"next_cursor": cursor},
    }


def users_lookup_by_email(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``users.lookupByEmail``."""
    del backend
    email = read.required(args, "email")
    for user in team.users.values():
        if user.email == email:
            return {"ok": True, "user": user.wire(with_email=True)}
    raise ApiError("users_not_found")


def conversations_info(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``conversations.info``."""
    del backend
    channel = team.bot_channel(args.get("channel"))
    return {"ok": True, "channel": channel.wire(bot_user=team.bot.id)}


def conversations_list(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``conversations.list``."""
    del backend
    kinds: set[str] = set()
    for name in (read.string(args, "types") or "public_channel").split(","):
        if name.strip() not in _TYPES:
            raise ApiError("invalid_types")
        kinds.add(_TYPES[name.strip()])
    seen = [c for c in team.channels.values() if c.kind in kinds and (c.kind == "channel" or team.bot.id in c.members)]
    if read.flag(args, "exclude_archived"):
        seen = [c for c in seen if not c.archived]
    channels, cursor = read.page(seen, args, limit=read.number(args, "limit", 100, most=1000))
    wires = [c.wire(bot_user=team.bot.id) for c in channels]
    return {"ok": True, "channels": wires, "response_metadata": {"next_cursor": cursor}}


def conversations_members(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``conversations.members``."""
    del backend
    channel = team.bot_channel(args.get("channel"))
    members, cursor = read.page(sorted(channel.members), args, limit=read.number(args, "limit", 100, most=1000))
    return {"ok": True, "members": members, "response_metadata": {"next_cursor": cursor}}


def conversations_open(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``conversations.open``."""
    del backend
    if read.string(args, "channel") is not None:
        channel = team.bot_channel(args["channel"])
        if channel.kind != "im":
            raise ApiError("method_not_supported_for_channel_type")
        known = True
    else:
        users = [u.strip() for u in (read.string(args, "users") or "").split(",") if u.strip()]
        if not users:
            raise ApiError("users_list_not_supplied")
        if len(users) > 1:
            raise invalid_arguments("this emulator opens direct messages with one user only")
        if users[0] not in team.users or users[0] == team.bot.id:
            raise ApiError("user_not_found")
        known = any(c.kind == "im" and c.user == users[0] for c in team.channels.values())
        if not known and read.flag(args, "prevent_creation"):
            raise ApiError("channel_not_found")
        channel = team.dm(users[0])
    shown = channel.wire(bot_user=team.bot.id) if read.flag(args, "return_im") else {"id": channel.id}
    return {"ok": True, "no_op": known, "already_open": known, "channel": shown}


def conversations_join(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``conversations.join``."""
    del backend
    channel = team.bot_channel(args.get("channel"))
    if channel.kind != "channel":
        raise ApiError("method_not_supported_for_channel_type")
    channel.members.add(team.bot.id)
    return {"ok": True, "channel": channel.wire(bot_user=team.bot.id)}


def _history_channel(team: Team, args: JSON) -> Channel:
    channel = team.bot_channel(args.get("channel"))
    scope = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}[channel.kind]
    if scope not in team.scopes:
        raise ApiError("missing_scope", needed=scope, provided=",".join(sorted(team.scopes)))
    if team.bot.id not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _bounds(args: JSON) -> tuple[float, float, bool]:
    found: list[float] = []
    for name, default in (("oldest", 0.0), ("latest", float("inf"))):
        value = read.string(args, name)
        try:
            found.append(default if value is None else float(value))
        except ValueError:
            raise ApiError(f"invalid_ts_{name}") from None
    return found[0], found[1], read.flag(args, "inclusive")


def _within(ts: str, oldest: float, latest: float, inclusive: bool) -> bool:
    at = float(ts)
    return oldest <= at <= latest if inclusive else oldest < at < latest


def _shown(message: Message, *, metadata: bool) -> JSON:
    if metadata and message.metadata:
        return {**message.wire, "metadata": message.metadata}
    return dict(message.wire)


def conversations_history(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``conversations.history``."""
    del backend
    channel = _history_channel(team, args)
    oldest, latest, inclusive = _bounds(args)
    found = [
        m
        for m in reversed(channel.messages.values())
        if m.ephemeral_for is None
        and (not m.is_reply or m.wire.get("subtype") == "thread_broadcast")
        and _within(m.ts, oldest, latest, inclusive)
    ]
    return _page(found, args)


def conversations_replies(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``conversations.replies``."""
    del backend
    channel = _history_channel(team, args)
    ts = read.string(args, "ts")
    message = channel.find(ts) if ts is not None else None
    parent = channel.find(message.thread_ts or message.ts) if message is not None else None
    if parent is None:
        raise ApiError("thread_not_found")
    oldest, latest, inclusive = _bounds(args)
    replies = [channel.messages[reply] for reply in channel.replies.get(parent.ts, ()) if reply in channel.messages]
    found = [parent, *(m for m in replies if _within(m.ts, oldest, latest, inclusive))]
    return _page(found, args)


def _page(found: list[Message], args: JSON) -> JSON:
    messages, cursor = read.page(found, args, limit=read.number(args, "limit", 100, most=MAX_HISTORY))
    metadata = read.flag(args, "include_all_metadata")
    answer: JSON = {
        "ok": True,
        "messages": [_shown(m, metadata=metadata) for m in messages],
        "has_more": bool(cursor),
    }
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def react(
    backend: Backend, team: Team, channel: Channel, message: Message, *, user: str, name: str, added: bool
) -> None:
    """Add a user's reaction to a message or remove it. Raises ``already_reacted`` and ``no_reaction``."""
    reactions: list[JSON] = message.wire.setdefault("reactions", [])
    found = next((r for r in reactions if r["name"] == name), None)
    if added:
        if found is not None and user in found["users"]:
            raise ApiError("already_reacted")
        if found is None:
            if len(reactions) >= MAX_REACTIONS:
                raise ApiError("too_many_emoji")
            found = {"name": name, "users": [], "count": 0}
            reactions.append(found)
        found["users"].append(user)
    else:
        if found is None or user not in found["users"]:
            raise ApiError("no_reaction")
        found["users"].remove(user)
        if not found["users"]:
            reactions.remove(found)
    found["count"] = len(found["users"])
    if not reactions:
        del message.wire["reactions"]
    backend.events.reaction(team, channel, message, user=user, name=name, added=added)
    backend.notice(channel, message)


def _react(backend: Backend, team: Team, args: JSON, *, added: bool) -> JSON:
    name = (read.string(args, "name") or "").strip(":")
    if not name or not all(c.isalnum() or c in "_+'-:" for c in name) or name != name.lower():
        raise ApiError("invalid_name")
    ts = read.string(args, "timestamp")
    if read.string(args, "channel") is None or ts is None:
        raise ApiError("no_item_specified")
    channel = team.bot_channel(args["channel"])
    message = channel.find(ts)
    if message is None:
        raise ApiError("message_not_found")
    if team.bot.id not in channel.members:
        raise ApiError("not_in_channel")
    react(backend, team, channel, message, user=team.bot.id, name=name, added=added)
    return {"ok": True}


def reactions_get(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``reactions.get`` for a message."""
    del backend
    ts = read.string(args, "timestamp")
    if read.string(args, "channel") is None or ts is None:
        raise ApiError("no_item_specified")
    channel = team.bot_channel(args["channel"])
    message = channel.find(ts)
    if message is None:
        raise ApiError("message_not_found")
    link = f"https://{team.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    shown = {**_shown(message, metadata=False), "permalink": link}
    return {"ok": True, "type": "message", "channel": channel.id, "message": shown}


def reactions_add(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``reactions.add``."""
    return _react(backend, team, args, added=True)


def reactions_remove(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``reactions.remove``."""
    return _react(backend, team, args, added=False)
