"""``User``: what a person does and sees in a test, in words that hold on every platform. Public."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, Self, TypeVar

from gateway.app import Gateway
from gateway.drivers.base import ME
from gateway.drivers.values import FieldInput, File, Place, Post, Said, ShownForm
from gateway.emulators.common.values import PersonError
from gateway.testing.errors import NotOnThisPlatform
from gateway.testing.log import Log, described
from gateway.testing.running import RunningBot
from gateway.testing.seen import Seen, words_of
from gateway.testing.seen import described as message_text
from gateway.testing.story import LIKE, Story, likeness

T = TypeVar("T")
Expected = str | re.Pattern[str] | Callable[[Seen], object]
"""What a message is to be: a part of its words, a pattern that is found in them, or a function that returns true."""
Upload = File | Path | tuple[str, bytes]
"""A file that a person sends: a ``File``, a path, or a name with the content."""


class User:
    """A person who talks with the bot, in one conversation.

    ``bot`` and the fixture ``user`` give one in her direct messages; ``in_channel``, ``in_thread`` and ``other`` give
    others. What a platform's client does not allow raises ``PersonError``.
    """

    def __init__(
        self, running: RunningBot, story: Story, *, timeout: float, name: str = ME, place: Place | None = None
    ) -> None:
        """Stand for a person. Tests get one from ``bot``."""
        self._running = running
        self._driver = running.driver
        self._story = story
        self._timeout = timeout
        self.name = name
        """Who it is: ``Ada``, ``Grace`` or ``Linus``."""
        self._place = place or self._driver.direct(name)
        self._looked: dict[str, tuple[str, ...]] = {}
        """What each message showed when it was seen last, by its id."""
        self._before: dict[str, tuple[str, ...]] = {}
        """What each message showed before the person did something last."""
        self._told = self._told_before = len(self._driver.told(name))
        self._post: Post | None = None
        self._last: Seen | None = None
        self._position = running.log.position
        story.look(self._place)

    # -- who and where

    @property
    def platform(self) -> str:
        """The name of the platform: ``slack``, ``discord`` or ``teams``."""
        return self._driver.name

    @property
    def gateway(self) -> Gateway:
        """The gateway that runs the bot, for what programs do: ``user.gateway.messages`` sends messages."""
        return self._running.gateway

    @property
    def module(self) -> ModuleType:
        """The bot's module, which is imported anew for each test: ``user.module.counter``."""
        return self._running.module

    @property
    def emulator(self) -> Any:
        """The emulated platform (``gateway.emulators``), for what only it knows: the bot's calls, failures to order."""
        return self._driver.emulator

    @property
    def log(self) -> Log:
        """What the gateway and the bot logged so far."""
        return self._running.log

    @property
    def place(self) -> Place:
        """Where the person is, by the platform's ids."""
        return self._place

    def other(self, name: str = "Grace") -> "User":
        """Return another person: in a channel in the same conversation, from direct messages in her own.

        Args:
            name: ``Ada``, ``Grace`` or ``Linus``.
        """
        place = self._driver.direct(name) if self._place == self._driver.direct(self.name) else self._place
        return self._like(place, name)

    def in_channel(self, name: str = "general") -> "User":
        """Return the person in a channel. What she writes first begins a thread, and what she writes then goes there.

        The bot hears what mentions it (``@gateway hello``), and what is said in a conversation that it takes part in.

        Args:
            name: ``general``, in which the bot is, or ``random``.
        """
        return self._like(self._driver.channel(name), self.name)

    def in_thread(self, post: Post) -> "User":
        """Return the person in the thread that something she or somebody else wrote began."""
        return self._like(post.place, self.name)

    def direct(self) -> "User":
        """Return the person in her direct messages with the bot."""
        return self._like(self._driver.direct(self.name), self.name)

    def _like(self, place: Place, name: str) -> "User":
        return User(self._running, self._story, timeout=self._timeout, name=name, place=place)

    # -- what a person does

    async def says(self, text: str, *, files: Sequence[Upload] = ()) -> Post:
        """Write a message, and return it for ``edits``, ``deletes``, ``redelivers`` and ``in_thread``.

        Args:
            text: What is written. ``@gateway`` mentions the bot, ``@Grace`` a person.
            files: Files that go with it.
        """
        given = [_file(file) for file in files]
        self._acts(f"says {text!r}" + "".join(f" with {file.name}" for file in given))
        self._post = await self._driver.write(self._place, text, user=self.name, files=given)
        if self._place != self._post.place:
            self._place = self._post.place
            self._story.look(self._place)
        return self._post

    async def uploads(self, *files: Upload) -> Post:
        """Send files without a word."""
        return await self.says("", files=files)

    async def edits(self, text: str, *, of: Post | None = None) -> None:
        """Edit what the person wrote: the last message, or another one (``of``)."""
        self._acts(f"edits a message to {text!r}")
        await self._driver.edit(self._written(of), text, user=self.name)

    async def deletes(self, post: Post | None = None) -> None:
        """Delete what the person wrote: the last message, or another one."""
        self._acts("deletes a message")
        await self._driver.delete(self._written(post), user=self.name)

    async def reacts(self, emoji: str, *, to: Seen | Post | None = None, added: bool = True) -> None:
        """Put a reaction on a message, or take it off.

        Args:
            emoji: The character (``👍``), or the platform's own name (``tada`` on Slack, ``like`` on Teams).
            to: The message; the last one of the bot that was seen, if left out.
            added: False takes the reaction off.
        """
        message = self._message(to)
        post = Post(message.id, message.place)
        self._acts(f"reacts with {emoji}" if added else f"takes {emoji} off")
        name = self._driver.emoji.get(emoji, emoji)
        await self._driver.put_reaction(post, name, user=self.name, added=added)

    async def clicks(self, label: str, *, on: Seen | None = None, timeout: float | None = None) -> None:
        """Press a button, or pick an option of a menu, as soon as there is one with this label.

        Args:
            label: What the button or option says.
            on: The message it belongs to; the newest that has one, if left out.
            timeout: Seconds to wait for it.
        """
        __tracebackhide__ = True

        def look() -> Said | None:
            found = [said for said in self._driver.said(self._place) if _offers(said, label)]
            return next((said for said in reversed(found) if on is None or said.id == on.id), None)

        said = await self._waits_for(look, timeout, f"found nothing to click that says {label!r}", label)
        self._acts(f"clicks [{label}]")
        await self._driver.click(said, label, user=self.name)

    async def selects(self, option: str, *, on: Seen | None = None, timeout: float | None = None) -> None:
        """Pick an option of a menu, as ``clicks`` does."""
        __tracebackhide__ = True
        await self.clicks(option, on=on, timeout=timeout)

    async def sees_form(self, title: str | None = None, *, timeout: float | None = None) -> ShownForm:
        """Wait until a form is open, and return it.

        Args:
            title: What its title contains.
            timeout: Seconds to wait for it.
        """
        __tracebackhide__ = True

        def look() -> ShownForm | None:
            form = self._driver.form(user=self.name)
            return form if form is not None and (title or "") in form.title else None

        return await self._waits_for(look, timeout, "saw no form" + (f" {title!r}" if title else ""))

    async def submits(self, values: Mapping[str, FieldInput] | None = None, *, timeout: float | None = None) -> None:
        """Fill in the form that is open, or opens, and send it.

        Args:
            values: What is entered, by the labels of the fields: a text, the label of an option, True or False for a
                switch, a number, files. The other fields stay as they are.
            timeout: Seconds to wait for the form.
        """
        __tracebackhide__ = True
        form = await self.sees_form(timeout=timeout)
        values = values or {}
        for label in values:
            if label not in form.labels:
                raise PersonError(f"the form {form.title!r} has no field {label!r}; it has {', '.join(form.labels)}")
        self._acts(f"fills in {form.title!r}: {dict(values)!r}")
        await self._driver.submit(values, user=self.name)

    async def gives_feedback(
        self, value: int, comment: str | None = None, *, on: Seen | None = None, timeout: float | None = None
    ) -> None:
        """Rate a message with a thumb.

        Args:
            value: 1 for thumbs up, 0 for thumbs down, as in ``Feedback.value``.
            comment: What is written beside it, or into the form that opens.
            on: The message; the last one of the bot that was seen, if left out.
            timeout: Seconds to wait for the form that takes the comment.
        """
        if value not in (0, 1):
            raise ValueError(f"feedback is 1 (thumbs up) or 0 (thumbs down), not {value!r}")
        message = self._message(on)
        self._acts(f"gives thumbs {'up' if value else 'down'}" + (f" and writes {comment!r}" if comment else ""))
        await self._driver.thumbs(message.said, up=bool(value), comment=comment, user=self.name)

    async def runs(self, command: str) -> None:
        """Use a slash command: ``/menu soup``. Where the platform has none, or none in this place, it is written."""
        name, _, text = command.removeprefix("/").partition(" ")
        in_thread = self._place.thread is not None and self.platform == "slack"
        if in_thread or self.platform == "teams":
            await self.says(f"/{command.removeprefix('/')}")
            return
        self._acts(f"runs /{name} {text}".rstrip())
        await self._driver.command(self._place, name, text, user=self.name)

    async def stops(self) -> None:
        """Press the platform's stop button, as soon as there is one. Raises ``NotOnThisPlatform`` on Discord."""
        self._acts("stops the bot")
        try:
            await self._driver.stop(self._place, user=self.name)
        except KeyError as error:
            raise NotOnThisPlatform(error.args[0]) from None

    async def opens(self) -> None:
        """Open the direct messages with the bot without writing. Raises ``NotOnThisPlatform`` on Discord, which tells
        the bot nothing of it."""
        self._acts("opens the direct messages")
        try:
            await self._driver.open_dm(user=self.name)
        except KeyError as error:
            raise NotOnThisPlatform(error.args[0]) from None

    async def redelivers(self, post: Post | None = None) -> None:
        """Let the platform deliver once more what the person wrote, under the marks of a retry. Returns once the bot
        took it.

        Args:
            post: What was written; the last message, if left out.
        """
        self._acts("(the platform delivers the message again)")
        await self._driver.redeliver(self._written(post))

    # -- what a person sees

    async def sees(self, expected: Expected, *, timeout: float | None = None) -> Seen:
        """Wait until the bot shows a message that fits, and return it.

        Each message is seen once: a later ``sees`` finds another one, or the same after it was edited. Their order does
        not matter. A message that the platform still streams is waited for. If a handler of the bot raises meanwhile,
        the test fails at once with its traceback.

        Args:
            expected: A part of the message's words (its text, cards and plan), a compiled pattern, or a function that
                is given the message and returns whether it fits.
            timeout: Seconds to wait.
        """
        __tracebackhide__ = True

        def look() -> Seen | None:
            return next((seen for seen in self._unseen() if _fits(expected, seen)), None)

        shown = f"{expected!r}" if isinstance(expected, str) else getattr(expected, "pattern", None) or _name(expected)
        text = expected if isinstance(expected, str) else None
        found = await self._waits_for(look, timeout, f"did not see {shown}", text)
        self._note(found)
        return found

    async def sees_nothing(self) -> None:
        """Wait until the bot has nothing left to do, and fail if it showed anything since the person did something last
        that was not seen yet."""
        __tracebackhide__ = True
        await self.settles()
        new = [seen for seen in self._unseen() if seen.private or self._before.get(seen.id) != _content(seen.said)]
        if new:
            self._fails(f"{self.name} was to see nothing, but saw {message_text(new[0].said)!r}")

    async def settles(self, timeout: float | None = None) -> None:
        """Wait until the bot has nothing left to do before the next thing a person does: nothing is on its way, and no
        turn runs that does not wait for an answer.

        What a handler left to a task of its own (``asyncio.create_task``) is not known here.

        Args:
            timeout: Seconds to wait.
        """
        __tracebackhide__ = True
        seconds = self._timeout if timeout is None else timeout
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._running.settle()
                return
        self._fails(f"the bot was not at rest within {seconds:g} s")

    async def downloads(self, name: str | None = None, *, timeout: float | None = None) -> File:
        """Wait until the bot gave a file, and return it as a person gets it: by its link, or after consent.

        Args:
            name: The file's name; the newest file, if left out.
            timeout: Seconds to wait for it.
        """
        __tracebackhide__ = True

        def look() -> bool:
            names = [each for said in self._driver.said(self._place) for each in said.files]
            return name in names if name is not None else bool(names)

        await self._waits_for(look, timeout, "found no file" + (f" {name!r}" if name else ""), name)
        files = await self._driver.files(self._place)
        return next(file for file in reversed(files) if name in (None, file.name))

    @property
    def messages(self) -> Sequence[Seen]:
        """The bot's messages in this conversation, oldest first, seen before or not."""
        return [Seen(self._driver, said) for said in self._driver.said(self._place)]

    @property
    def title(self) -> str | None:
        """What the platform calls this conversation, None where it has no name of its own."""
        return self._driver.title(self._place)

    @property
    def conversation(self) -> str:
        """What happened so far, as text: what people did, and what the bot's messages show now."""
        self._story.told(self.name)
        return self._story.text()

    # -- the life of the bot

    async def restarts(self) -> Self:
        """Stop the bot as a deployment does, and start it again on the same store. Its file is imported anew."""
        self._acts("(the bot restarts)")
        await self._running.stop()
        await self._running.start()
        return self

    async def crashes(self) -> Self:
        """Kill the bot in the middle of whatever it does, and start it again on the same store.

        Nothing is drained or handed over: it finds what was stored before. What differs from ``kill -9``: running
        handlers are cancelled, so their ``finally`` blocks run, though nothing they send or store gets through.
        """
        self._acts("(the bot is killed, and starts again)")
        await self._running.crash()
        return self

    async def later(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> Self:
        """Let time pass without waiting for it. What is due by then happens.

        It moves the clock of the event loop (questions whose time is up, ``asyncio.sleep`` and timeouts, in the bot's
        own code too) and those by which sessions leave memory (``GATEWAY_SESSION_REST``) and end
        (``GATEWAY_SESSION_TIMEOUT``). It does not move ``time.time()`` and ``datetime.now()``: a bot that reads the
        time of day needs a library for that, such as ``time-machine``. An event loop of uvloop cannot be moved.
        """
        past = seconds + 60 * minutes + 3600 * hours + 86_400 * days
        if past < 0:
            raise ValueError("time does not go back")
        self._acts(f"({_duration(past)} pass)")
        await self._running.move_clock(past)
        return self

    # -- inside

    def _acts(self, what: str) -> None:
        """Take down what the person does now, and what there was before it."""
        self._check_loop()
        said = self._driver.said(self._place)
        self._before = {each.id: _content(each) for each in said}
        self._told_before = len(self._driver.told(self.name))
        self._position = self._running.log.position
        self._story.told(self.name)
        self._story.did(what if what.startswith("(") else f"{self.name} {what}", self._place)

    def _check_loop(self) -> None:
        if asyncio.get_running_loop() is not self._running.clock.loop:
            raise RuntimeError(
                "the bot runs on another event loop than this test: give both the same one "
                "(pytest-asyncio: leave loop scopes at `function`)"
            )

    def _unseen(self) -> list[Seen]:
        """Return what was not seen yet as it is now: messages, and what only this person was shown; oldest first."""
        found = [
            Seen(self._driver, said)
            for said in self._driver.said(self._place)
            if not said.streaming and self._looked.get(said.id) != _content(said)
        ]
        told = self._driver.told(self.name)[self._told :]
        notices = [Said(id=f"told {at}", place=self._place, text=text) for at, text in enumerate(told, self._told)]
        return found + [Seen(self._driver, said, private=True) for said in notices]

    def _note(self, seen: Seen) -> None:
        """Note that a message was seen."""
        if seen.private:
            self._told = int(seen.id.removeprefix("told ")) + 1
        else:
            self._looked[seen.id] = _content(seen.said)
            self._last = seen

    def _written(self, post: Post | None) -> Post:
        found = post or self._post
        if found is None:
            raise PersonError(f"{self.name} wrote nothing here yet")
        return found

    def _message(self, given: Seen | Post | None) -> Seen:
        if isinstance(given, Post):
            return Seen(self._driver, Said(id=given.id, place=given.place, text=""))
        found = given or self._last
        if found is None:
            raise PersonError(f"{self.name} saw no message of the bot here yet")
        return found

    async def _waits_for(
        self, look: Callable[[], T | None], timeout: float | None, failure: str, wanted: str | None = None
    ) -> T:
        """Return the first true value of ``look``, which is tried after every change on the platform. Fail when the
        time is up, or as soon as the bot raised and came to rest."""
        __tracebackhide__ = True
        self._check_loop()
        seconds = self._timeout if timeout is None else timeout

        def found_or_failed() -> T | str | None:
            return look() or (_FAILED if self._running.log.failure_since(self._position) else None)

        found = None
        with suppress(TimeoutError):
            found = await self._driver.wait_for(found_or_failed, seconds)
        if found is None:
            self._fails(f"{self.name} {failure} within {seconds:g} s", wanted)
        if found is _FAILED:
            await self.settles(timeout)
            last = look()
            if last is None or last is False:
                self._fails(f"{self.name} {failure}: the bot failed", wanted)
            return last
        assert not isinstance(found, str)
        return found

    def _fails(self, what: str, wanted: str | None = None) -> NoReturn:
        __tracebackhide__ = True
        said = self._driver.said(self._place)
        near = max(said, key=lambda each: likeness(each, wanted), default=None) if wanted else None
        is_near = near is not None and wanted is not None and likeness(near, wanted) >= LIKE

        def mark(each: Said) -> str:
            seen = " (seen before)" if self._looked.get(each.id) == _content(each) else ""
            return seen + ("   <-- the nearest" if is_near and near is not None and each.id == near.id else "")

        self._story.look(self._place)
        self._story.told(self.name)
        parts = [f"{what} on {self.platform}", f"What happened:\n{_indented(self._story.text(mark))}"]
        if complaints := self._driver.complaints:
            parts.append(f"What the platform told people:\n{_indented(chr(10).join(complaints[-5:]))}")
        if logged := described(self._running.log.since(0), self._running.folder):
            parts.append(f"What the bot logged:\n{_indented(logged)}")
        raise AssertionError("\n\n".join(parts))


_FAILED = "failed"
"""Stands for a failure of the bot among what is waited for."""


def _file(given: Upload) -> File:
    if isinstance(given, Path):
        return File(given.name, given.read_bytes(), _mime(given.name))
    if isinstance(given, File):
        return given
    name, data = given
    return File(name, data, _mime(name))


def _mime(name: str) -> str:
    import mimetypes

    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _fits(expected: Expected, seen: Seen) -> bool:
    if isinstance(expected, str):
        return expected in words_of(seen.said)
    if isinstance(expected, re.Pattern):
        return expected.search(words_of(seen.said)) is not None
    return bool(expected(seen))


def _name(expected: object) -> str:
    return f"a message for which {getattr(expected, '__name__', 'the function')} returns true"


def _content(said: Said) -> tuple[str, ...]:
    """Return what a message shows, for comparison."""
    menus = [option for menu in said.menus for option in menu]
    return (words_of(said), *said.buttons, *menus, *said.files)


def _offers(said: Said, label: str) -> bool:
    return label in said.buttons or any(label in menu for menu in said.menus)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _duration(seconds: float) -> str:
    for unit, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} seconds"
