"""The Web API's agents.sessions.* and assistant.threads.* methods: status lines, sessions, titles, suggested
prompts."""

import time

from gateway.emulators.common.values import JSON
from gateway.emulators.slack import args as read
from gateway.emulators.slack.backend import MAX_TRANSIENT, STATUS_SECONDS, Backend
from gateway.emulators.slack.state import Channel
from gateway.emulators.slack.values import ApiError, invalid_arguments
from gateway.emulators.slack.world import Team

SESSION_STATES = frozenset({"active", "processing", "suspended", "closed"})
"""States of an agent session (agents.sessions.setStatus)."""
MAX_TITLE = 200
"""Characters of a session's title."""
MAX_PROMPTS = 4
"""Suggested prompts of a thread (assistant.threads.setSuggestedPrompts)."""
MAX_LOADING = 10
"""Loading messages of a status line (assistant.threads.setStatus)."""


def check_status(status: str) -> None:
    """Raise ``ApiError`` unless this is a state of an agent session."""
    if status not in SESSION_STATES:
        raise invalid_arguments("must be one of: active, processing, suspended, closed [json-pointer:/status]")


def _thread(backend: Backend, team: Team, args: JSON, *, error: str = "invalid_thread_ts") -> tuple[Channel, str]:
    channel = team.bot_channel(args.get("channel_id"))
    thread_ts = read.string(args, "thread_ts")
    message = channel.find(thread_ts) if thread_ts is not None else None
    if thread_ts is None or message is None or message.is_reply:
        raise ApiError(error)
    return channel, thread_ts


def set_session(backend: Backend, team: Team, channel: str, thread_ts: str, status: str) -> None:
    """Set the state of a thread's session and show it."""
    activity = backend.activity(team, channel, thread_ts)
    activity.session = status
    backend.show(activity)


def sessions_set_status(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``agents.sessions.setStatus``."""
    status = read.required(args, "status")
    check_status(status)
    channel, thread_ts = _thread(backend, team, args)
    title = read.string(args, "title")
    if title is not None and len(title) > MAX_TITLE:
        raise invalid_arguments(f"must be less than {MAX_TITLE + 1} characters [json-pointer:/title]")
    activity = backend.activity(team, channel.id, thread_ts)
    if activity.session is None:
        activity.title = title or activity.title
    activity.session = status
    if status != "processing":
        activity.text = ""
    backend.show(activity)
    answer: JSON = {"ok": True, "status": status, "agent_status": status, "title": activity.title or ""}
    if "agent_session_stopped" not in team.events:
        warning = "missing_agent_session_stopped_event_subscription"
        answer |= {"warning": warning, "response_metadata": {"warnings": [warning]}}
    return answer


def sessions_rename(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``agents.sessions.rename``."""
    title = read.required(args, "title")
    if len(title) > MAX_TITLE:
        raise invalid_arguments(f"must be less than {MAX_TITLE + 1} characters [json-pointer:/title]")
    channel, thread_ts = _thread(backend, team, args)
    activity = backend.activities.get((channel.id, thread_ts))
    if activity is None or activity.session is None:
        raise ApiError("session_not_found")
    activity.title = title
    backend.show(activity)
    return {"ok": True, "title": title}


def threads_set_status(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``assistant.threads.setStatus``."""
    channel, thread_ts = _thread(backend, team, args)
    if "status" not in args:
        raise invalid_arguments("missing required field: status")
    loading = read.structure(args, "loading_messages")
    if loading is not None and (not isinstance(loading, list) or len(loading) > MAX_LOADING):
        raise invalid_arguments(f"no more than {MAX_LOADING} items allowed [json-pointer:/loading_messages]")
    activity = backend.activity(team, channel.id, thread_ts)
    activity.text = read.string(args, "status") or ""
    activity.text_until = time.monotonic() + STATUS_SECONDS
    backend.show(activity)
    return {"ok": True}


def threads_set_title(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``assistant.threads.setTitle``."""
    title = read.required(args, "title")
    channel, thread_ts = _thread(backend, team, args)
    backend.activity(team, channel.id, thread_ts).title = title
    backend.observers.changed()
    return {"ok": True}


def threads_set_suggested_prompts(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``assistant.threads.setSuggestedPrompts``."""
    channel = team.bot_channel(args.get("channel_id"))
    prompts = read.structure(args, "prompts")
    if not isinstance(prompts, list) or len(prompts) > MAX_PROMPTS:
        raise invalid_arguments(f"no more than {MAX_PROMPTS} items allowed [json-pointer:/prompts]")
    for index, prompt in enumerate(prompts):
        if not isinstance(prompt, dict) or not prompt.get("title") or not prompt.get("message"):
            raise invalid_arguments(f"missing required field: title [json-pointer:/prompts/{index}]")
    thread_ts = read.string(args, "thread_ts") or ""
    if thread_ts:
        _thread(backend, team, args)
        if (
            backend.agent_view
        ):  # such apps have prompts for the whole messages tab only: Slack says ok and shows nothing
            return {"ok": True}
    elif not backend.agent_view:
        raise ApiError("invalid_thread_ts")
    shown: JSON = {
        "channel": channel.id,
        "thread_ts": thread_ts,
        "title": read.string(args, "title") or "",
        "prompts": [{"title": p["title"], "message": p["message"]} for p in prompts],
    }
    backend.prompts[(channel.id, thread_ts)] = shown
    if len(backend.prompts) > MAX_TRANSIENT:
        backend.prompts.popitem(last=False)
    backend.observers.changed()
    if backend.observers.watched:
        backend.observers.publish({"type": "change", "entity": "prompts", **shown})
    return {"ok": True}
