"""``from gateway.discord.app import client``: who the bot is, for code that looks for its own messages in the channel's
history (``x.author.name == client.user.name``)."""

from dataclasses import dataclass, field

from gateway.chat.native import OWN_NAME


@dataclass(frozen=True, slots=True)
class _BotUser:
    """The bot's own user: the author of its messages in ``discord_channel.history()``."""

    name: str = OWN_NAME


@dataclass(frozen=True, slots=True)
class _Client:
    """Stands for discord.py's client; it has nothing but ``user``."""

    user: _BotUser = field(default_factory=_BotUser)


client = _Client()
