"""Chat profiles, of which a person chooses who they talk to, and starters, which suggest what to say first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from gateway import model
from gateway.chat.registry import Callbacks
from gateway.chat.user import current_user
from gateway.egress.degrade import literal
from gateway.errors import Unsupported
from gateway.model import Button, Card, ConversationStarted, Menu, MenuOption, Outgoing, Receipt, from_json, to_json
from gateway.model.text import drop_lone_surrogates
from gateway.runtime import tokens
from gateway.runtime.calling import call
from gateway.runtime.posting import Posting
from gateway.runtime.session import OWN, PROFILE
from gateway.runtime.tokens import ProfileToken, StarterToken
from gateway.runtime.turn import Turn

_CHOICE = f"{OWN}profiles"
"""The message with the choice of profiles: its receipts."""
_STARTERS = f"{OWN}starters"
"""The starters offered as buttons: the message's receipts, and what each button says."""
STARTERS_LIMIT = 20
"""Starters that are offered at a time; further ones are left out, with a line in the log."""

_MESSAGE_LIMIT = 10_000
"""Characters of what a starter says."""

log = structlog.get_logger(__name__)


class Starter:
    """A suggestion of what to say first. A click says ``message`` in the person's name.

    Args:
        label: The words on the button.
        message: What is said.
        command: The id of the command the message comes with.
        icon: The https address of a picture, shown where the platform can.

    Raises:
        ValueError: The message has more than 10,000 characters: no person says so much at once.
    """

    def __init__(self, label: str, message: str, command: str | None = None, icon: str | None = None) -> None:
        if len(message) > _MESSAGE_LIMIT:
            raise ValueError(
                f"Starter({label[:50]!r}): the message has {len(message)} characters; {_MESSAGE_LIMIT} is the most"
            )
        self.label = drop_lone_surrogates(label)
        self.message = drop_lone_surrogates(message)
        self.command = drop_lone_surrogates(command) if command else command
        self.icon = drop_lone_surrogates(icon) if icon else icon


class ChatProfile:
    """One of several assistants that a person chooses from.

    Args:
        name: The profile's name, which ``user_session["chat_profile"]`` has while it is chosen.
        markdown_description: What it is, as Markdown.
        icon: The https address of a picture.
        display_name: The name that is shown, by default ``name``.
        default: Whether a conversation begins with it; otherwise with the first profile.
        starters: What to say first to this profile, instead of what ``set_starters`` returns.
        config_overrides: Settings of a web page; it is only kept.
    """

    def __init__(
        self,
        name: str,
        markdown_description: str = "",
        icon: str | None = None,
        display_name: str | None = None,
        default: bool = False,
        starters: Sequence[Starter] | None = None,
        config_overrides: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = drop_lone_surrogates(name)
        self.markdown_description = drop_lone_surrogates(markdown_description)
        self.icon = drop_lone_surrogates(icon) if icon else icon
        self.display_name = drop_lone_surrogates(display_name) if display_name else None
        self.default = default
        self.starters = list(starters) if starters is not None else None
        self.config_overrides = config_overrides

    @property
    def title(self) -> str:
        """The name that is shown."""
        return self.display_name or self.name


class Profiles:
    """Offers the bot's profiles and starters in conversations.

    Args:
        callbacks: The registry of the bot's functions.
    """

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks

    async def begin(self, turn: Turn) -> None:
        """Begin a conversation with the default profile, and offer the choice where there is one. A conversation that
        begins with a profile somebody chose keeps it."""
        profiles = await self._profiles(turn)
        values = turn.session.values
        if values.get(PROFILE) is not None and _named(profiles, values[PROFILE]) is not None:
            return
        now = self._fall_back(turn, profiles)
        if profiles:
            await self._show(turn, profiles, now)

    async def check(self, turn: Turn) -> None:
        """Where the profile of a conversation does not exist any more, say so and go on with the default one."""
        name = turn.session.values.get(PROFILE)
        if name is None:
            return
        profiles = await self._profiles(turn)
        if _named(profiles, name) is None:
            now = self._fall_back(turn, profiles)
            await Posting(turn).put(Outgoing(text=_gone(name, now)))

    async def choose(self, turn: Turn, name: str) -> None:
        """Begin the chat anew with a profile, for the person the conversation belongs to; say why where it cannot be
        chosen."""
        session, user = turn.session, turn.event.user
        if session.user is not None and session.user.id not in ("", user.id):
            await turn.sender.notify(turn.ref, user, "Somebody else chooses the profile of this chat.")
            return
        profiles = await self._profiles(turn)
        chosen, begun = _named(profiles, name), session.opening != "start"
        if chosen is None:
            now = _named(profiles, session.values.get(PROFILE)) or self._fall_back(turn, profiles)
            await turn.sender.notify(turn.ref, user, _gone(name, now))
        elif begun and session.values.get(PROFILE) == chosen.name:
            await turn.sender.notify(turn.ref, user, f"You are talking to {literal(chosen.title)} already.")
        else:
            await self._show(turn, profiles, chosen)
            turn.anew = {PROFILE: chosen.name, _CHOICE: session.values[_CHOICE]}

    async def offer(self, turn: Turn) -> None:
        """Answer ``/profile``: the choice moves to the end of the conversation."""
        profiles = await self._profiles(turn)
        if not profiles:
            await turn.sender.notify(turn.ref, turn.event.user, "This chat has no profiles to choose from.")
            return
        earlier = _receipts(turn.session.values.pop(_CHOICE, None))
        await self._show(turn, profiles, _named(profiles, turn.session.values.get(PROFILE)))
        await turn.sender.delete(earlier)

    @property
    def exist(self) -> bool:
        """Whether the bot has profiles at all."""
        return self._callbacks.set_chat_profiles is not None

    async def _profiles(self, turn: Turn) -> list[ChatProfile]:
        if self._callbacks.set_chat_profiles is None:
            return []
        language = turn.profile.locale if turn.profile is not None else None
        profiles: list[ChatProfile] = await call(self._callbacks.set_chat_profiles, current_user(turn), language) or []
        counted = Counter(profile.name for profile in profiles)
        if twice := next((name for name, count in counted.items() if count > 1), None):
            raise ValueError(f"set_chat_profiles returned two profiles named {twice!r}; give each its own name")
        return list(profiles)

    def _fall_back(self, turn: Turn, profiles: Sequence[ChatProfile]) -> ChatProfile | None:
        """Take the default profile, and return it."""
        default = next((profile for profile in profiles if profile.default), profiles[0] if profiles else None)
        if default is None:
            turn.session.values.pop(PROFILE, None)
        else:
            turn.session.values[PROFILE] = default.name
        return default

    async def _show(self, turn: Turn, profiles: Sequence[ChatProfile], now: ChatProfile | None) -> None:
        """Post the choice of profiles, or edit the one that is there."""
        values = turn.session.values
        effect = turn.journal.begin("message")
        earlier = _receipts(values.get(_CHOICE))
        if not effect.receipts and earlier:
            effect.record(receipts=earlier)
        posting = Posting(turn, effect)
        await posting.put(await self._choice(turn, profiles, now))
        values[_CHOICE] = [to_json(receipt) for receipt in posting.receipts]

    async def _choice(self, turn: Turn, profiles: Sequence[ChatProfile], now: ChatProfile | None) -> Outgoing:
        limits = turn.sender.capabilities(turn.ref)
        many = len(profiles) > limits.buttons_per_message
        options: list[MenuOption] = []
        for profile in profiles:
            packed = await tokens.write(
                ProfileToken(name=profile.name),
                conversation=turn.ref.key,
                limit=limits.menu_token_room if many else limits.token_room,
                store=turn.services.store,
            )
            mark = "✓ " if profile is now else ""
            options.append(MenuOption(token=packed, label=f"{mark}{profile.title}"))
        if len(profiles) == 1:
            return Outgoing(text=_told(now).strip(), cards=(_card(profiles[0]),))
        return Outgoing(
            text=f"{_told(now)}Whom do you want to talk to?",
            cards=tuple(_card(profile) for profile in profiles),
            buttons=() if many else tuple(Button(token=each.token, label=each.label) for each in options),
            menus=(Menu(placeholder="Choose a profile", options=tuple(options)),) if many else (),
        )

    # Starters

    async def suggest(self, turn: Turn) -> None:
        """Offer what to say first: as the platform suggests prompts, which may vanish with the next message, to whoever
        opened the direct messages; else as buttons."""
        starters = await self._starters(turn)
        if len(starters) > STARTERS_LIMIT:
            log.warning("starters.left_out", given=len(starters), shown=STARTERS_LIMIT)
        starters = starters[:STARTERS_LIMIT]
        if not starters or (isinstance(turn.event, ConversationStarted) and await _suggested(turn, starters)):
            return
        limits = turn.sender.capabilities(turn.ref)
        buttons: list[Button] = []
        for index, starter in enumerate(starters):
            packed = await tokens.write(
                StarterToken(index=index),
                conversation=turn.ref.key,
                limit=limits.token_room,
                store=turn.services.store,
            )
            buttons.append(Button(token=packed, label=starter.label))
        posting = Posting(turn)
        turn.session.values[_STARTERS] = said = {
            "says": [{"message": each.message, "command": each.command} for each in starters]
        }
        await posting.put(Outgoing(text="You can ask, for example:", buttons=tuple(buttons)))
        said["receipts"] = [to_json(receipt) for receipt in posting.receipts]

    async def picked(self, turn: Turn, index: int) -> tuple[str, str | None] | None:
        """Return the message and the command of the starter somebody clicked, and take the buttons away, so that the
        conversation shows what was said; None where it is not offered any more."""
        offered: Mapping[str, Any] = turn.session.values.get(_STARTERS, {})
        says: list[dict[str, Any]] = offered.get("says", [])
        if not 0 <= index < len(says):
            return None
        del turn.session.values[_STARTERS]
        message = str(says[index]["message"])
        if receipts := _receipts(offered.get("receipts")):
            effect = turn.journal.begin("message")
            if not effect.receipts:
                effect.record(receipts=receipts)
            quoted = "\n".join(f"> {line}" for line in message.splitlines())
            await Posting(turn, effect).put(Outgoing(text=quoted))
        return message, says[index]["command"]

    async def _starters(self, turn: Turn) -> list[Starter]:
        name = turn.session.values.get(PROFILE)
        if name is not None:
            profile = _named(await self._profiles(turn), name)
            if profile is not None and profile.starters is not None:
                return profile.starters
        if self._callbacks.set_starters is None:
            return []
        language = turn.profile.locale if turn.profile is not None else None
        return list(await call(self._callbacks.set_starters, current_user(turn), language) or [])


def _named(profiles: Sequence[ChatProfile], name: str | None) -> ChatProfile | None:
    return next((profile for profile in profiles if profile.name == name), None)


def _told(now: ChatProfile | None) -> str:
    return "" if now is None else f"You are talking to **{literal(now.title)}**. "


def _gone(name: str, now: ChatProfile | None) -> str:
    return f"The profile {literal(name)} does not exist any more. {_told(now)}".strip()


def _card(profile: ChatProfile) -> Card:
    picture = profile.icon if profile.icon and profile.icon.startswith("https://") else None
    return Card(title=profile.title, text=profile.markdown_description, image_url=picture)


def _receipts(kept: Any) -> tuple[Receipt, ...]:
    return tuple(from_json(Receipt, each) for each in kept or ())


async def _suggested(turn: Turn, starters: Sequence[Starter]) -> bool:
    """Whether the platform suggests prompts here, and was told these. One with a command says it in its words."""
    prompts = [
        model.Starter(
            label=each.label,
            message=f"/{each.command} {each.message}" if each.command else each.message,
            icon=each.icon,
        )
        for each in starters
    ]
    try:
        return await turn.sender.suggest(turn.ref, prompts)
    except Unsupported:
        return False
