"""A message of the bot, as the person in a test sees it."""

from typing import Any

from gateway.drivers.base import Driver
from gateway.drivers.values import Place, Said


class Seen:
    """A message of the bot. Its attributes say what it shows *now*: a bot may edit a message, or still be writing it.

    ``User.sees`` returns it.
    """

    def __init__(self, driver: Driver[Any], said: Said, *, private: bool = False) -> None:
        self._driver = driver
        self._said = said
        self.private = private
        """Whether only this person sees it: a notice, or what a form did not accept."""

    def _now(self) -> Said:
        if not self.private:
            for each in self._driver.said(self._said.place):
                if each.id == self._said.id:
                    self._said = each
        return self._said

    @property
    def id(self) -> str:
        """The platform's id of the message."""
        return self._said.id

    @property
    def place(self) -> Place:
        """Where it stands, by the platform's ids."""
        return self._said.place

    @property
    def said(self) -> Said:
        """All that is known of it, as one value that does not change."""
        return self._now()

    @property
    def text(self) -> str:
        """Its text, as near to the Markdown that the bot wrote as the platform's form allows."""
        return self._now().text

    @property
    def words(self) -> str:
        """All that a person reads in it: its text, cards and plan."""
        return words_of(self._now())

    @property
    def buttons(self) -> tuple[str, ...]:
        """The labels of its buttons, in order; thumbs and links are not among them."""
        return self._now().buttons

    @property
    def menus(self) -> tuple[tuple[str, ...], ...]:
        """The labels of the options of each menu."""
        return self._now().menus

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files it carries or offers. ``User.downloads`` gets their content."""
        return self._now().files

    @property
    def author(self) -> str | None:
        """The name it is shown under, None for the bot's own."""
        return self._now().author

    @property
    def is_there(self) -> bool:
        """Whether it has not been deleted."""
        return self.private or any(each.id == self.id for each in self._driver.said(self.place))

    def __repr__(self) -> str:
        return f"<Seen {described(self._now())}>"


def words_of(said: Said) -> str:
    """Return all that a person reads in a message: its text, cards and plan."""
    return "\n".join(part for part in (said.text, *said.cards, *said.plan) if part)


def described(said: Said) -> str:
    """Return a message as a failed test shows it."""
    parts = [words_of(said)]
    if said.buttons:
        parts.append("".join(f"[{label}]" for label in said.buttons))
    parts += ["menu: " + " | ".join(menu) for menu in said.menus]
    parts += [f"file: {name}" for name in said.files]
    if said.streaming:
        parts.append("(still writing)")
    return " ".join(part for part in parts if part) or "(an empty message)"
