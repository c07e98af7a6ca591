"""What the adapter does beside messages: status, title, suggested prompts, reactions, profiles."""

from collections.abc import Sequence
from typing import Any

from adapters.fields import obj, text
from adapters.slack.api import SlackApi, quiet
from adapters.slack.errors import OF_ONE_CHANNEL, code_of
from adapters.slack.limits import PROMPTS, SESSION_TITLE
from adapters.slack.threads import thread_of
from gateway.errors import Forbidden, Gone, PlatformError, Rejected, Unsupported
from gateway.model import ConversationRef, Profile, Starter, UserRef

# The emoji bots use most; for any other the caller gives Slack's name.
_NAMES = {
    "👍": "+1",
    "👎": "-1",
    "👀": "eyes",
    "✅": "white_check_mark",
    "❌": "x",
    "❤": "heart",
    "🎉": "tada",
    "🤔": "thinking_face",
    "⏳": "hourglass_flowing_sand",
    "🚀": "rocket",
    "🙏": "pray",
    "😄": "smile",
    "😂": "joy",
    "⚠": "warning",
    "🔥": "fire",
    "👋": "wave",
    "👏": "clap",
    "💯": "100",
}


class Agent:
    """Slack's agent features. A feature the app does not have is tried once, logged, and not tried again."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._off: set[str] = set()

    async def _try(self, method: str, body: dict[str, Any]) -> bool:
        """Call a method that the app may not be allowed to use, and return whether it worked. Raises rate limits and
        outages."""
        if method in self._off:
            return False
        try:
            await self._api.call(method, body)
        except Gone:
            return False
        except (Forbidden, Rejected, Unsupported) as error:
            # The refusal may be for this conversation only; one for the app means that the next call fails as well.
            if not isinstance(error, Rejected) and code_of(error) not in OF_ONE_CHANNEL:
                self._off.add(method)
            self._api.note(method, error=quiet(error))
            return False
        return True

    async def open_dm(self, user: UserRef) -> str:
        """Return the channel of the direct messages with a user, opened by conversations.open."""
        answer = await self._api.query("conversations.open", users=user.id)
        channel = text(obj(answer, "channel"), "id")
        if not channel:
            raise Rejected("conversations.open told no channel")
        return channel

    async def status(self, to: ConversationRef, status: str | None) -> None:
        """Set the session to processing (which shows Slack's stop button) with a status line, or with None back to
        active. Does nothing without a thread."""
        thread = thread_of(to)
        if thread is None:
            return
        where = {"channel_id": to.channel, "thread_ts": thread}
        await self._try("agents.sessions.setStatus", {**where, "status": "active" if status is None else "processing"})
        # Both calls write the same slot, so the line is set second. Slack clears it with the first message.
        if status:
            await self._try("assistant.threads.setStatus", {**where, "status": status})
        elif status is None and "agents.sessions.setStatus" in self._off:
            await self._try("assistant.threads.setStatus", {**where, "status": ""})

    async def set_title(self, to: ConversationRef, title: str) -> None:
        """Rename the agent session, or else the assistant thread."""
        thread = thread_of(to)
        if thread is None:
            return
        where = {"channel_id": to.channel, "thread_ts": thread, "title": title[:SESSION_TITLE]}
        if not await self._try("agents.sessions.rename", where):
            await self._try("assistant.threads.setTitle", where)

    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> None:
        """Suggest up to four prompts in direct messages. The call carries no ``thread_ts``: with it, an app with an
        agent view gets ``ok`` and shows nothing. Raises ``Unsupported`` for more prompts, and where Slack shows none,
        so that they are offered as buttons."""
        if to.kind != "dm" or len(starters) > PROMPTS:
            raise Unsupported(f"Slack suggests up to {PROMPTS} prompts, in direct messages: offer buttons instead")
        prompts = [{"title": starter.label, "message": starter.message} for starter in starters]
        body = {"channel_id": to.channel, "prompts": prompts}
        if not await self._try("assistant.threads.setSuggestedPrompts", body):
            raise Unsupported("Slack suggests no prompts for this app: offer buttons instead")

    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool) -> None:
        """Add or remove the bot's reaction; a reaction that is there, or gone, already is no error."""
        name = _NAMES.get(emoji.replace("\ufe0f", ""), emoji.strip(":"))
        if not name.isascii():
            raise Unsupported(f"Slack knows emoji by name: give the name of {emoji} (such as thumbsup)")
        method = "reactions.add" if added else "reactions.remove"
        try:
            await self._api.call(method, {"channel": to.channel, "timestamp": message_id, "name": name})
        except PlatformError as error:
            if code_of(error) not in ("already_reacted", "no_reaction"):
                raise

    async def profile(self, user: UserRef) -> Profile:
        """Return a user's name, e-mail address (needs ``users:read.email``), picture, locale and time zone."""
        answer = await self._api.query("users.info", user=user.id, include_locale="true")
        person = obj(answer, "user")
        details = obj(person, "profile")
        return Profile(
            display_name=text(details, "display_name") or text(details, "real_name") or text(person, "name") or None,
            email=text(details, "email") or None,
            avatar_url=text(details, "image_192") or text(details, "image_72") or None,
            locale=text(person, "locale") or None,
            timezone=text(person, "tz") or None,
            extra={
                name: person[name]
                for name in ("is_bot", "is_restricted", "is_ultra_restricted", "team_id")
                if name in person
            },
        )
