"""Commands that a bot gives its users: a word with a slash before a message, which comes as ``message.command``."""

from collections.abc import Generator, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict, cast

from gateway import model
from gateway.chat.web_only import IDLE_EMITTER, NO_EMITTER, warn_once
from gateway.model.text import drop_lone_surrogates
from gateway.runtime.context import require_turn
from gateway.runtime.session import OWN

_COMMANDS = f"{OWN}commands"
"""The commands of a conversation, in the order they were set."""
_ACTIVE = f"{OWN}command"
"""The id of the persistent command that is active."""
COMMANDS_LIMIT = 100
"""Commands that one conversation can have."""
_SIGNS = {"success": "✅ ", "warning": "⚠️ ", "error": "❌ "}
"""What a toast of each type begins with."""


class CommandDict(TypedDict):
    """A command as ``set_commands`` takes it.

    ``id`` is what the user writes after the slash and what ``message.command`` says. ``icon`` and ``button`` are for a
    web page; they are only kept. A ``persistent`` command stays on for the messages that follow, until another command
    is used or the same one is written alone.
    """

    id: str
    description: NotRequired[str]
    icon: NotRequired[str]
    button: NotRequired[bool]
    persistent: NotRequired[bool]


class Emitter:
    """What a handler tells the user's interface beside messages."""

    async def set_commands(self, commands: Sequence[CommandDict]) -> None:
        """Set the commands of this conversation; those set before are forgotten. A person writes ``/id text``, or uses
        the platform's own commands where it has them; the message comes with ``message.command`` set to the id, and the
        rest as its content.

        Args:
            commands: The commands, each a dict with ``id`` and what else ``CommandDict`` names.

        Raises:
            ValueError: A command is no dict, has no id, one with a blank or one of the gateway's own; two have the
                same; or there are more than 100.
            RuntimeError: There is no conversation here.
        """
        turn = require_turn()
        if len(commands) > COMMANDS_LIMIT:
            raise ValueError(f"a conversation has at most {COMMANDS_LIMIT} commands, not {len(commands)}")
        kept = [_checked(command) for command in commands]
        names = [_folded(command["id"]) for command in kept]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two commands have the id {twice!r} (capitals do not count); give each its own")
        turn.session.values[_COMMANDS] = kept
        turn.session.values.pop(_ACTIVE, None)
        # The platform lists them for everybody; what they mean is up to the conversation.
        listed = [model.Command(name=_folded(each["id"]), description=each["description"]) for each in kept]
        turn.services.spawn(turn.services.commands.add(turn.ref, listed))

    async def send_toast(
        self, message: str, type: Literal["info", "success", "warning", "error"] | None = "info"
    ) -> None:
        """Tell the person something that nobody else sees. Where the platform cannot hide it from others, it is a
        message that mentions the person.

        Args:
            message: The text, as Markdown.
            type: What kind of word it is; all but ``info`` are shown with a sign before the text.

        Raises:
            PlatformError: The platform did not take it, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        turn.check()
        await turn.sender.notify(turn.ref, turn.event.user, f"{_SIGNS.get(type or '', '')}{message}")

    if not TYPE_CHECKING:  # checkers know what there is

        def __getattr__(self, name: str) -> Any:
            if name in IDLE_EMITTER:
                warn_once(f"context.emitter.{name}", IDLE_EMITTER[name])
                return _Idle()
            fix = NO_EMITTER.get(name, "it has set_commands and send_toast")
            raise AttributeError(f"cl.context.emitter has no {name} here: {fix}")


class _Idle:
    """What a method that does nothing is and returns: it can be called, and what it returns can be awaited."""

    def __call__(self, *_: Any, **__: Any) -> "_Idle":
        return self

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield


def _checked(command: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(cast(Any, command), Mapping):
        raise ValueError(
            f"{command!r} is no command: give a dict, {{'id': 'search', 'description': 'Find on the web'}}"
        )
    reserved = [command.name for command in model.COMMANDS]
    id = drop_lone_surrogates(str(command.get("id") or ""))
    if not id or id.split() != [id] or len(id) > 32:
        raise ValueError(f"a command's id has 1 to 32 characters and no blank, not {id!r}")
    if _folded(id) in reserved:
        raise ValueError(f"the gateway itself has a command {id!r}; give the bot's another id")
    description = drop_lone_surrogates(str(command.get("description") or ""))[:100]
    return {"id": id, "description": description, "persistent": bool(command.get("persistent"))}


def _folded(id: str) -> str:
    return id.removeprefix("/").casefold()


def parted(values: MutableMapping[str, Any], text: str) -> tuple[str | None, str]:
    """Return the command a message comes with and the words of the message without it. ``values`` are the session's.
    What is no command of the conversation stays part of the words."""
    word, _, rest = text.lstrip().partition(" ") if " " in text.strip() else (text.strip(), "", "")
    word, broken, more = word.partition("\n")
    if word.startswith("/") and (known := _known(values, word[1:])) is not None:
        words = f"{more} {rest}".strip() if broken else rest.strip()
        return _used(values, known, words), words
    return values.get(_ACTIVE), text


def invoked(values: MutableMapping[str, Any], command: str, text: str) -> tuple[str, str]:
    """Return the id and the words of a platform's slash command: of the conversation's command that it names, or that
    its first word names (``/bot search cats``), else as they are."""
    if (known := _known(values, command)) is not None:
        return _used(values, known, text) or known["id"], text
    word, _, rest = text.partition(" ")
    if (known := _known(values, word.removeprefix("/"))) is not None:
        return _used(values, known, rest.strip()) or known["id"], rest.strip()
    return command, text


def _known(values: Mapping[str, Any], word: str) -> dict[str, Any] | None:
    commands: list[dict[str, Any]] = values.get(_COMMANDS, [])
    return next((each for each in commands if word and _folded(each["id"]) == _folded(word)), None)


def _used(values: MutableMapping[str, Any], command: Mapping[str, Any], words: str) -> str | None:
    """Return the id of the command that was used; None where a persistent one was written alone, which ends it."""
    active, id = values.pop(_ACTIVE, None), str(command["id"])
    if command["persistent"]:
        if active == id and not words:
            return None
        values[_ACTIVE] = id
    return id
