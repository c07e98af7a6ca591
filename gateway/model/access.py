"""What access rules ask of a person and a place beyond their ids. Platforms tell a part of it with each delivery."""

from dataclasses import dataclass, fields
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFacts:
    """What is known of who did something, and where. None stands for what is not known, which denies where a rule asks
    for it."""

    guest: bool | None = None
    """Whether the person is a guest of the workspace."""
    external: bool | None = None
    """Whether the person belongs to another organisation than the workspace."""
    bot: bool | None = None
    """Whether it is a bot."""
    home: str | None = None
    """The workspace that the person's account belongs to; empty on a platform whose accounts belong to none."""
    groups: frozenset[str] | None = None
    """Ids of the groups and roles the person is in, at least of all that rules name."""
    channels: frozenset[str] | None = None
    """Ids of the channels the conversation is in: that of a thread and of the channel around it."""

    def completed(self, other: "AccessFacts") -> "AccessFacts":
        """Return these facts, with those of ``other`` where they are not known."""
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        return AccessFacts(**{name: getattr(other, name) if value is None else value for name, value in known.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """What a person wants of the bot, as ``@on_authorize`` gets it.

    Args:
        kind: What they did, as the kinds of ``gateway.model.Event`` are called: ``message_created``,
            ``action_invoked``, ``command_invoked``, ``form_submitted``, ``reaction_changed``, …
        platform: ``slack``, ``discord``, ``teams`` or ``chatkit``.
        workspace: The Slack team, Discord server or Teams tenant; ``dm`` for Discord's direct messages.
        channel: The platform's id of the channel or chat; in Discord that of the thread.
        conversation: The key of the conversation: ``slack:T1:C1:171.001``.
        is_direct: Whether it is a direct message with the bot.
        text: What they wrote: the message, or what follows the command.
        command: The command without its slash, where they gave one.
        guest: Whether they are a guest of the workspace; None where neither the delivery tells nor a rule asked.
        external: Whether they belong to another organisation; None as for ``guest``.
        groups: Ids of their groups or roles, as far as the delivery tells them or rules name them; None where neither.
    """

    kind: str
    platform: str
    workspace: str
    channel: str
    conversation: str
    is_direct: bool
    text: str = ""
    command: str = ""
    guest: bool | None = None
    external: bool | None = None
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaReached:
    """A limit that a person or a workspace has reached, as ``@on_quota`` gets it.

    Args:
        scope: Whose limit it is: ``person`` or ``workspace``.
        limit: Its name: ``messages_per_minute`` or ``messages_per_hour``.
        most: How many messages it allows.
        retry_after: Seconds until the next message is taken.
        platform: The platform on which it happened.
        workspace: The workspace in which it happened.
    """

    scope: Literal["person", "workspace"]
    limit: str
    most: int
    retry_after: float
    platform: str
    workspace: str
