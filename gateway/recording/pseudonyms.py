"""Pseudonyms for ids: the same id gets the same pseudonym, of the same shape, for the length of one recording.

Ids that contain a time (Slack's timestamps, Discord's snowflakes, Teams' message ids) are moved by one secret amount,
so that their order and the time between them stay. All others are counted: they say nothing but which is which.
"""

import re
import secrets
import time
from datetime import datetime, timedelta
from typing import Protocol

BASE = 1_735_689_600
"""The time a recording is moved to, in seconds since the epoch: 2025-01-01, and up to a day later."""
DISCORD_EPOCH = 1_420_070_400_000
"""The time from which Discord's snowflakes count, in milliseconds since 1970."""
_DAY = 86_400
_OLD = (1_451_606_400_000 - DISCORD_EPOCH) << 22
"""The first pseudonym of a snowflake that was made long before the recording (2016-01-01)."""
_LIMIT = 200_000
"""Pseudonyms that one recording has at most."""

TIMESTAMP = re.compile(r"\d{9,11}\.\d{1,9}")
SNOWFLAKE = re.compile(r"\d{15,20}")
MILLISECONDS = re.compile(r"1\d{12}")
GUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
TEAMS = re.compile(r"(?:8:orgid|29|28|19|48|a|f):[^\s;/<>\"'|]+")
SLACK = re.compile(r"[A-Z][A-Z0-9]{2,20}")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?(.*)", re.DOTALL)
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Names(Protocol):
    """Gives ids and references other names."""

    def id(self, given: str) -> str:
        """Return the name of an id."""
        ...

    def reference(self, given: str) -> str | None:
        """Return the name of a text that the bot gave to something (a token, the id of a field); None for any other
        text."""
        ...

    def refer(self, given: str, kind: str) -> str:
        """Return the name of a text that the bot gave to something, and know it from now on."""
        ...

    def is_known(self, given: str) -> bool:
        """Whether an id was named before."""
        ...

    def seconds(self, given: int) -> int:
        """Return the time that stands for a time in seconds since the epoch."""
        ...

    def moment(self, given: str) -> str:
        """Return what stands for a time in ISO 8601, or for a day."""
        ...


class Pseudonyms:
    """The pseudonyms of one recording. Implements ``Names``."""

    def __init__(self, *, now: float | None = None) -> None:
        """Begin at ``now``, in seconds since the epoch."""
        self._began = time.time() if now is None else now
        moved = self._began - BASE - secrets.randbelow(_DAY)
        self._microseconds = int(moved * 1_000_000) + 1 + secrets.randbelow(999_999)
        self._names: dict[str, str] = {}
        self._references: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def _next(self, kind: str) -> int:
        number = self._counts[kind] = self._counts.get(kind, 0) + 1
        return number

    def id(self, given: str) -> str:
        found = self._names.get(given)
        if found is None:
            found = self._made(given)
            if len(self._names) < _LIMIT:
                self._names[given] = found
        return found

    def is_known(self, given: str) -> bool:
        return given in self._names

    def reference(self, given: str) -> str | None:
        return self._references.get(given)

    def refer(self, given: str, kind: str) -> str:
        found = self._references.get(given)
        if found is None:
            found = f"{kind}-{self._next(kind)}"
            if len(self._references) < _LIMIT:
                self._references[given] = found
        return found

    def seconds(self, given: int) -> int:
        return given - self._microseconds // 1_000_000

    def moment(self, given: str) -> str:
        away = timedelta(microseconds=self._microseconds)
        try:
            if (match := _ISO.fullmatch(given)) is None:
                return (datetime.fromisoformat(given) - timedelta(days=away.days)).date().isoformat()
            whole, fraction, zone = match.groups()
            at = datetime.fromisoformat(whole).replace(microsecond=int((fraction or ".0")[1:7].ljust(6, "0"))) - away
        except (ValueError, OverflowError):
            return "2025-01-01"
        digits = f".{at.microsecond:06d}"[: len(fraction)] if fraction else ""
        return f"{at.isoformat(sep=whole[10], timespec='seconds')}{digits}{zone if zone == 'Z' else zone[:6]}"

    def _made(self, given: str) -> str:
        """Return a new pseudonym, of the id's own shape where it has one that platforms know."""
        if TIMESTAMP.fullmatch(given):
            return self._timestamp(given)
        if MILLISECONDS.fullmatch(given):
            return str(int(given) - self._microseconds // 1_000)
        if SNOWFLAKE.fullmatch(given):
            return self._snowflake(int(given))
        if GUID.fullmatch(given):
            return f"00000000-0000-4000-8000-{self._next('guid'):012x}"
        if TEAMS.fullmatch(given):
            return self._teams(given)
        if SLACK.fullmatch(given):
            return given[0] + self._base36(self._next(given[0])).rjust(len(given) - 1, "0")
        return f"id-{self._next('id')}"

    def _timestamp(self, given: str) -> str:
        whole, _, fraction = given.partition(".")
        moved = int(whole) * 1_000_000 + int(fraction[:6].ljust(6, "0")) - self._microseconds
        return f"{moved // 1_000_000:010d}.{moved % 1_000_000:06d}"

    def _snowflake(self, given: int) -> str:
        """Move an id that was made shortly before the recording or during it; count all others, because who knew the
        true id of one person could else work out everybody's."""
        made = ((given >> 22) + DISCORD_EPOCH) / 1_000
        if abs(made - self._began) < _DAY or made > self._began:
            return str(given - ((self._microseconds // 1_000) << 22) - self._microseconds % (1 << 21))
        return str(_OLD + self._next("snowflake"))

    def _teams(self, given: str) -> str:
        head, _, rest = given.partition(":")
        if GUID.fullmatch(rest):
            return f"{head}:{self.id(rest)}"
        end = re.search(r"@(?:thread\.\w+|unq\.gbl\.spaces)$", rest)
        number = self._next("teams")
        return f"{head}:{'1' if head in ('a', '29') else ''}{number:032x}{end[0] if end else ''}"

    @staticmethod
    def _base36(number: int) -> str:
        digits = ""
        while number:
            number, digit = divmod(number, 36)
            digits = _BASE36[digit] + digits
        return digits
