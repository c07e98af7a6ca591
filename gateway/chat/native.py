"""What a handler can see of the platform's own event: the documented session keys, as plain data.

Chainlit hands out live objects of each SDK. Here they are read-only views of the JSON the platform sent, because a turn
may run in another process than the one that received the event.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from gateway.chat.user import current_user
from gateway.model import ConversationRef, HistoryMessage, MessageCreated
from gateway.runtime.context import require_turn
from gateway.runtime.turn import Turn

OWN_NAME = "bot"
"""The name of this bot in what ``discord_channel.history()`` returns, the same as ``client.user.name``."""


class View(Mapping[str, Any]):
    """A read-only view of a JSON object, by key and by attribute: ``view["author"]["id"]`` is ``view.author.id``. An
    attribute that the platform did not send is None.

    Args:
        data: The JSON object.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def __getitem__(self, key: str) -> Any:
        return _viewed(self._data[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _viewed(self._data.get(name))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._data)!r})"


def _viewed(value: Any) -> Any:
    match value:
        case dict():
            return View(cast(dict[str, Any], value))
        case list():
            return [_viewed(each) for each in cast(Iterable[Any], value)]
        case _:
            return value


class DiscordMessage(View):
    """A Discord message: its JSON, with ``clean_content``, ``created_at``, ``channel`` and ``author.name`` as
    discord.py has them.

    Args:
        data: Discord's message object.
        clean: The text with readable mentions.
        at: When it was written, in seconds since the epoch.
        channel: The channel it is in.
    """

    def __init__(self, data: Mapping[str, Any], *, clean: str, at: float, channel: "DiscordChannel") -> None:
        author: dict[str, Any] = dict(data.get("author") or {})
        author.setdefault("name", author.get("username", ""))
        author.setdefault("display_name", author.get("global_name") or author["name"])
        super().__init__({"content": clean, **data, "author": author})
        self.clean_content = clean
        self.created_at = datetime.fromtimestamp(at, UTC)
        self.channel = channel


class DiscordChannel:
    """The Discord channel or thread of a conversation.

    Args:
        ref: The conversation.
        name: The channel's name, where the platform told it.
    """

    def __init__(self, ref: ConversationRef, name: str = "") -> None:
        self.id = ref.channel
        self.name = name
        self._ref = ref

    def __repr__(self) -> str:
        return f"DiscordChannel(id={self.id!r})"

    async def history(self, *, limit: int = 100) -> AsyncIterator[DiscordMessage]:
        """Yield the newest messages of the channel, the newest first, as discord.py does.

        Args:
            limit: How many messages at most, 1 to 100.
        """
        messages = await require_turn().sender.history(self._ref, min(max(1, limit), 100))
        for message in reversed(messages):
            yield self._message(message)

    def _message(self, message: HistoryMessage) -> DiscordMessage:
        author = {"name": OWN_NAME if message.is_bot else message.author, "bot": message.is_bot}
        data = {"id": message.id, "content": message.text, "author": author}
        return DiscordMessage(data, clean=message.text, at=message.at, channel=self)


class TeamsContext:
    """What Bot Framework calls a turn's context, as far as it is data.

    Args:
        activity: The activity that Teams sent.
    """

    def __init__(self, activity: Mapping[str, Any]) -> None:
        self.activity = View(activity)

    def __repr__(self) -> str:
        return f"TeamsContext(activity={self.activity!r})"


def slack_event(turn: Turn) -> dict[str, Any] | None:
    """Return the event that Slack sent; None for anything else (a command, a button, another platform)."""
    return _part(turn, "event") if turn.ref.platform == "slack" else None


def _part(turn: Turn, name: str) -> dict[str, Any] | None:
    part = turn.delivery.raw().get(name)
    return cast(dict[str, Any], part) if isinstance(part, dict) else None


def fetch_slack_message_history(turn: Turn) -> Any:
    """Return the function that reads the newest messages of the thread or direct message; None outside of Slack."""
    return _slack_history if turn.ref.platform == "slack" else None


async def _slack_history(limit: int = 30) -> list[dict[str, Any]]:
    turn = require_turn()
    return [
        {"type": "message", "ts": each.id, "user": each.author, "text": each.text, "is_bot": each.is_bot}
        for each in await turn.sender.history(turn.ref, min(max(1, limit), 100))
    ]


def discord_channel(turn: Turn) -> DiscordChannel | None:
    """Return the channel of the conversation; None outside of Discord."""
    return DiscordChannel(turn.ref) if turn.ref.platform == "discord" else None


def discord_message(turn: Turn) -> DiscordMessage | None:
    """Return the message that Discord sent; None for anything else (a command, a button, another platform)."""
    event = turn.event
    if turn.ref.platform != "discord" or not isinstance(event, MessageCreated):
        return None
    author = {"id": event.user.id, "name": current_user(turn).display_name or ""}
    message = _part(turn, "d") or {"id": event.message_id, "author": author}
    return DiscordMessage(message, clean=event.text, at=event.at, channel=DiscordChannel(turn.ref))


def teams_turn_context(turn: Turn) -> TeamsContext | None:
    """Return the context with the activity that Teams sent; None outside of Teams."""
    return TeamsContext(turn.delivery.raw()) if turn.ref.platform == "teams" else None
