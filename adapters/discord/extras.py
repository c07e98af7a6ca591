"""What the adapter does beside messages: typing, titles, reactions, profiles, suggested prompts, notices."""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from adapters.discord import controls, tokens
from adapters.discord.api import Api
from adapters.discord.conversations import PARENT
from adapters.discord.directory import Directory
from adapters.discord.errors import code_of
from adapters.discord.limits import CONTENT, NONCE, ROW, ROWS, THREAD_NAME
from adapters.discord.outbound import MESSAGES
from adapters.discord.render import allowed, label
from adapters.discord.threads import PostTarget, Threads
from adapters.discord.written import characters
from adapters.fields import Json, text
from gateway.errors import Forbidden, Gone, PlatformError, RateLimited, Rejected, Unsupported
from gateway.model import AllowedMentions, ConversationRef, Profile, Starter, UserRef

_EPHEMERAL = 1 << 6
_UNKNOWN_EMOJI = 10014
_PICTURES = "https://cdn.discordapp.com"
_REACTION = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"

# Names other platforms use for the emoji bots use most; Discord wants the emoji itself.
_EMOJI = {
    "+1": "👍",
    "thumbsup": "👍",
    "-1": "👎",
    "thumbsdown": "👎",
    "eyes": "👀",
    "white_check_mark": "✅",
    "x": "❌",
    "heart": "❤️",
    "tada": "🎉",
    "thinking_face": "🤔",
    "hourglass_flowing_sand": "⏳",
    "rocket": "🚀",
    "warning": "⚠️",
    "fire": "🔥",
    "wave": "👋",
}


class Extras:
    """The optional abilities of the adapter; typing is best effort, everything else raises its failures."""

    def __init__(self, api: Api, threads: Threads, directory: Directory) -> None:
        self._api = api
        self._threads = threads
        self._directory = directory

    async def status(self, to: ConversationRef, status: str | None) -> None:
        """Show typing for ten seconds or until a message comes; typing cannot be withdrawn. Before the thread is open
        it is shown in the channel. Raises ``RateLimited`` and ignores every other failure."""
        if status is None:
            return
        try:
            await self._api.show_typing((await self._threads.current_target(to)).channel)
        except RateLimited:
            raise
        except PlatformError as error:
            self._api.note(f"typing:{type(error).__name__}", error=str(error))

    async def set_title(self, to: ConversationRef, title: str) -> None:
        """Rename the thread. A direct message has no name, and a channel's name is not the bot's to change."""
        if to.kind != "thread":
            return
        target = await self._threads.target(to)
        if not target.reply_to:
            name = " ".join(characters(title).split())[:THREAD_NAME] or "…"
            await self._api.call("PATCH", "/channels/{channel_id}", {"channel_id": target.channel}, json={"name": name})

    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool) -> None:
        """Add or remove the bot's reaction; a reaction that is there, or gone, already is no error."""
        given = emoji.strip(":")
        symbol = _EMOJI.get(given, given)
        if symbol.isascii() and ":" not in symbol:
            raise Unsupported(f"Discord takes an emoji itself (👍) or name:id of a server's own, not {emoji!r}")
        *first, last = await self._channels_of(to, message_id)
        for channel in first:
            with suppress(Gone):
                return await self._react(channel, message_id, symbol, added=added)
        await self._react(last, message_id, symbol, added=added)

    async def _react(self, channel: str, message_id: str, symbol: str, *, added: bool) -> None:
        method = "PUT" if added else "DELETE"
        try:
            await self._api.call(method, _REACTION, {"channel_id": channel, "message_id": message_id, "emoji": symbol})
        except Rejected as error:
            if added or code_of(error) != _UNKNOWN_EMOJI:
                raise

    async def _channels_of(self, to: ConversationRef, message_id: str) -> list[str]:
        """Return the channels a message may be in. The message a thread was opened from is in the channel, a forum
        post's in the thread."""
        target = await self._threads.current_target(to, anew=True)
        if target.channel != to.channel or message_id != to.channel or to.kind != "thread":
            return [target.channel]
        known = self._directory.get(to.channel)
        parent = to.route.get(PARENT) or (known.parent if known else "")
        return [parent, to.channel] if parent else [to.channel]

    async def profile(self, user: UserRef) -> Profile:
        """Return a user's name and picture. Discord gives a bot no e-mail address."""
        person: Json = await self._api.call("GET", "/users/{user_id}", {"user_id": user.id})
        name = text(person, "global_name") or text(person, "username")
        return Profile(
            display_name=name or None,
            avatar_url=_picture(person),
            extra={name: person[name] for name in ("username", "bot") if name in person},
        )

    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> None:
        """Post prompts as buttons under a short line. A button carries its prompt; a prompt too long for a button is
        written out."""
        short = [starter for starter in starters if controls.fits(starter.message)][: ROW * ROWS]
        long = [f"- **{starter.label}**: {starter.message}" for starter in starters if starter not in short]
        buttons: list[dict[str, Any]] = [
            {
                "type": 2,
                "style": 2,
                "label": label(starter.label),
                "custom_id": controls.write(controls.STARTER, starter.message, place),
            }
            for place, starter in enumerate(short)
        ]
        message = {
            "content": characters("\n".join(["You can ask, for example:", *long]))[:CONTENT],
            "components": [{"type": 1, "components": buttons[at : at + ROW]} for at in range(0, len(buttons), ROW)],
            "allowed_mentions": allowed(AllowedMentions()),
        }
        await self._post(await self._threads.target(to), message)

    async def notify(self, to: ConversationRef, user: UserRef, words: str, *, aloud: bool) -> None:
        """Show a message to one person: beside what they clicked while its token lives, else as a direct message. A
        person who takes no direct messages is mentioned in the conversation if it may be said ``aloud``."""
        words = characters(words)
        told = {"content": words[:CONTENT], "allowed_mentions": allowed(AllowedMentions())}
        # While a command waits for its answer, a message by its token becomes that answer, visible to everyone.
        theirs = to.route.get(tokens.BY) == user.id and tokens.OWED not in to.route
        if theirs and (token := tokens.live(to, now=self._api.now())):
            with suppress(Gone, Forbidden, Rejected):
                await self._api.webhook(
                    "POST",
                    "/webhooks/{webhook_id}/{webhook_token}",
                    {"webhook_id": to.route.get(tokens.APP, ""), "webhook_token": token},
                    json={**told, "flags": _EPHEMERAL},
                    answered_by=tokens.answered_by(to.route),
                )
                return
        try:
            await self._write_to(user.id, told)
        except (Forbidden, Rejected):
            if not aloud:
                raise
            mention = {
                "content": f"<@{user.id}> {words}"[:CONTENT],
                "allowed_mentions": allowed(AllowedMentions(users=(user.id,))),
            }
            await self._post(await self._threads.target(to), mention)

    async def open_dm(self, user: str) -> str:
        """Return the channel of the direct messages with a person (Create DM), which is always the same."""
        channel = await self._api.call("POST", "/users/@me/channels", {}, json={"recipient_id": user})
        return text(channel, "id")

    async def _write_to(self, user: str, told: dict[str, Any]) -> None:
        await self._post(PostTarget(await self.open_dm(user)), told)

    async def _post(self, target: PostTarget, message: dict[str, Any]) -> None:
        """Post a message under a nonce of its own, because discord.py sends it again after a 502, when it may already
        be posted."""
        nonce = uuid.uuid4().hex[:NONCE]
        told = {**message, **target.reference, "nonce": nonce, "enforce_nonce": True}
        await self._api.call("POST", MESSAGES, {"channel_id": target.channel}, json=told)


def _picture(person: Json) -> str | None:
    avatar = text(person, "avatar")
    return f"{_PICTURES}/avatars/{text(person, 'id')}/{avatar}.png" if avatar else None
