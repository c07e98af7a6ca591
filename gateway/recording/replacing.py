"""Replaces secrets and personal details in JSON: what a recording writes has passed through here.

The rule is to replace whatever is not known to be harmless: a field's name that no platform uses, a value that is no
word of a protocol. In ``keep`` mode the words of texts are left, and in them everything else is replaced all the same:
secrets, ids, names, addresses, numbers.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Literal, cast

from gateway.recording import vocabulary
from gateway.recording.pseudonyms import GUID, MILLISECONDS, SLACK, SNOWFLAKE, TIMESTAMP, Names
from gateway.recording.references import behind_head
from gateway.recording.words import masked, without_surrogates
from gateway.redaction import SECRET_NAMES, redact

Words = Literal["keep", "mask"]
"""What becomes of the words people and the bot write."""

SECRET = "[secret]"  # noqa: S105 - what stands in its place
"""What stands for the value of a field whose name says that it is a secret."""
_DEPTH = 60
"""How deep values lie inside one another at most; what is deeper is left out."""
_VALUES = 20_000
"""Values of one payload at most; what comes behind them is left out."""
_CAREFULLY = 50_000
"""Characters of one payload that are read part by part; all behind them are masked one by one, which is far quicker."""
_BREAK = 300
"""Characters before that place in which a blank is looked for, so that no word is read in half."""
_NAME_FIELDS = re.compile(
    r"(?:^|_)(?:name|nick|email|title|phone|domain|upn|alt)$|Name$|^(?:username|global_name|real_name|surname|author"
    r"|filename|userPrincipalName|avatar|first_name|last_name|display_name|tz|tz_label|timezone|localTimezone)$"
)
"""Fields with names of people, places and files, whose words are never kept."""
_PERSONAL_NAME = re.compile(
    r"^(?:username|global_name|real_name|display_name|surname|givenName|first_name|last_name|nick|name|user_name)$"
)
"""Fields whose words are replaced in every text that comes later."""
_OWN = re.compile(r"gw[:_][a-z_:]{0,20}\d{0,4}")
"""The names that the gateway's adapters give their controls."""
_PSEUDONYM = re.compile(r"(?:token|option|field|key|delivery|id)-\d{1,6}")
"""What a recording calls what has no shape of its own."""
_SHORT = 4
"""Characters below which a number is no id, but a place in a list."""
_LONGEST_WORD = 24
"""Characters of the longest word that is kept in a text whose words are kept."""
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][A-Z]{2})?")
_COMMAND = re.compile(r"/?[\w-]{1,40}")
_EMAIL = r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
_URL = r"(?:https?|wss?|ftp|mailto|tel):[^\s<>|\"'`)\]}]+"
_PARTS = re.compile(
    r"(?P<markup></?[@#!&:/A-Za-z][^<>\n]{0,600}>)"
    r"|(?P<entity>&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)"
    rf"|(?P<url>{_URL})"
    rf"|(?P<email>{_EMAIL})"
    r"|(?P<iso>(?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?(?!\d))"
    rf"|(?P<id>(?<![\w.])(?:{GUID.pattern}|(?:8:orgid|29|28|19|a|f):[\w@.:=+-]{{4,200}}|{TIMESTAMP.pattern}"
    rf"|{SNOWFLAKE.pattern}|{MILLISECONDS.pattern}|[A-Z](?=[A-Z0-9]*\d)[A-Z0-9]{{7,20}})(?![\w]))"
    r"|(?P<phone>(?<![\w])\+?\d(?:[\s().-]?\d){6,18}(?!\w))"
    r"|(?P<code>:[a-z0-9_+'-]{1,80}:)"
    r"|(?P<command>(?<![^\s>])/[\w-]{1,40}(?![\w:@./-]))"
    r"|(?P<word>[^\W_]+)"
)
"""The parts of a text that are looked at one by one; what lies between them is punctuation and stays."""
_MARKUP = re.compile(r"[@#](?P<plain>[\w]+)|@!(?P<nick>\d+)|@&(?P<role>\d+)")
_TAG = re.compile(r"(/?)([A-Za-z][A-Za-z0-9]*)((?:\s[^<>]*?)?)(/?)")
_ATTRIBUTE = re.compile(r"([\w-]+)(\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
_SMALL = 100_000
"""A number below this names nobody."""
_SECONDS = (1_000_000_000, 4_000_000_000)
"""Numbers between these may be times in seconds since the epoch."""


class Replacer:
    """Replaces what a recording must not hold, by the names that ``names`` gives."""

    def __init__(self, names: Names, *, words: Words = "mask", commands: Collection[str] = ()) -> None:
        """``commands`` are names of slash commands, without the slash, that are kept."""
        self._names = names
        self._mask = words == "mask"
        self.commands = set(commands)
        """Names of slash commands, which are kept."""
        self._people: set[str] = set()
        """Words of people's names, in lower case, which are replaced in texts that are otherwise kept."""
        self._values = _VALUES
        self._room = _CAREFULLY

    def value(self, given: Any, field: str = "") -> Any:
        """Return JSON in which everything is replaced that is not known to be harmless. ``field`` is the name of the
        field that holds the value."""
        self._values, self._room = _VALUES, _CAREFULLY
        self._learn(given, 0)
        return self._any(given, field, 0)

    def text(self, given: str) -> str:
        """Return a text as people or the bot write it, with its markup, and its words as they are to be."""
        self._room = _CAREFULLY
        return self._text(without_surrogates(given))

    # -- what has to be known first

    def _learn(self, given: Any, depth: int) -> None:
        """Note the ids, which a text may contain as words before their own field comes, and the names of people."""
        if depth > _DEPTH:
            return
        if isinstance(given, Mapping):
            for key, each in cast(Mapping[str, Any], given).items():
                if isinstance(each, str):
                    if _is_id(key) and _has_shape(each):
                        self._names.id(each)
                    if _PERSONAL_NAME.search(key) and len(each) < 200:
                        self._people.update(part.lower() for part in re.findall(r"[^\W_]{2,}", each))
                else:
                    self._learn(each, depth + 1)
        elif isinstance(given, list | tuple):
            for each in cast(Sequence[Any], given):
                self._learn(each, depth + 1)

    # -- values by their fields

    def _any(self, given: Any, field: str, depth: int) -> Any:
        self._values -= 1
        if depth > _DEPTH or self._values < 0:
            return None
        match given:
            case None | bool():
                return given
            case str():
                return self._string(without_surrogates(given), field, depth)
            case int():
                return self._integer(given, field)
            case float():
                return given if abs(given) < _SMALL else float(self._integer(int(given), field))
            case Mapping():
                members = cast(Mapping[str, Any], given)
                return {self._key(str(key)): self._any(each, str(key), depth + 1) for key, each in members.items()}
            case list() | tuple():
                return [self._any(each, field, depth + 1) for each in cast(Sequence[Any], given)]
            case _:
                return None

    def _key(self, key: str) -> str:
        """Return what stands for the name of a field."""
        key = without_surrogates(key)
        if key in vocabulary.FIELDS or _OWN.fullmatch(key) or (len(key) < _SHORT and key.isdecimal()):
            return key
        if (found := self._reference(key)) is not None:
            return found
        return self._names.id(key) if _has_shape(key) else self._names.refer(key, "field")

    def _integer(self, given: int, field: str) -> int:
        if abs(given) < _SMALL or field in vocabulary.SIZES:
            return given
        if _SECONDS[0] < given < _SECONDS[1]:
            return self._names.seconds(given)
        if _SECONDS[0] * 1_000 < given < _SECONDS[1] * 1_000:
            return self._names.seconds(given // 1_000) * 1_000
        return int(10 ** (len(str(abs(given))) - 1))

    def _string(self, given: str, field: str, depth: int) -> str:
        if not given or self._stays(given, field):
            return given
        if field in vocabulary.DROPPED:
            return SECRET
        if field not in vocabulary.TEXTS and (found := self._reference(given)) is not None:
            return found
        if SECRET_NAMES.search(field):
            return SECRET
        if field in vocabulary.ZONES:
            return "UTC"
        if given[0] in "{[" and (inner := _json(given)) is not None:
            self._learn(inner, depth)
            return json.dumps(self._any(inner, field, depth + 1), ensure_ascii=False, separators=(",", ":"))
        if _is_id(field):
            return self._id(given)
        if field in vocabulary.MEDIA:
            return "application/octet-stream"
        return self._name(given) if _NAME_FIELDS.search(field) else self._text(given)

    def _stays(self, given: str, field: str) -> bool:
        """Whether a value is one of a protocol's own, in a field that holds such."""
        if _OWN.fullmatch(given) or _PSEUDONYM.fullmatch(given):
            return True
        if field in vocabulary.OF_VALUES and self._is_of_protocol(given, field):
            return True
        if field in ("filetype", "fileType"):
            return vocabulary.is_ending(f".{given}")
        if field in vocabulary.MEDIA:
            return vocabulary.is_media_type(given)
        if field == "platform":
            return given in vocabulary.PLATFORMS
        if given in ("true", "false"):
            return field.startswith("gw:")
        if field == "command":
            return _COMMAND.fullmatch(given) is not None
        if field in ("locale", "guild_locale"):
            return _LOCALE.fullmatch(given) is not None
        return field in vocabulary.NUMERIC and given.isdecimal()

    def _is_of_protocol(self, given: str, field: str) -> bool:
        if field == "reaction":
            return given in vocabulary.EMOJI
        if field == "name":
            return given in self.commands or given in vocabulary.EMOJI or ("/" in given and given in vocabulary.VALUES)
        if field == "value":
            return given in ("true", "false", "on")
        return given in vocabulary.VALUES

    def _name(self, given: str) -> str:
        """Return a name with its words replaced; the ending of a file's name stays, because it tells its type."""
        stem, dot, ending = given.rpartition(".")
        if dot and vocabulary.is_ending(f".{ending}"):
            return f"{self._parts(stem, mask=True)}.{ending}"
        return self._parts(given, mask=True)

    def _reference(self, given: str) -> str | None:
        """Return what stands for a reference of the bot, alone or behind what an adapter writes before it."""
        if (found := self._names.reference(given)) is not None:
            return found
        return behind_head(given, self._names.reference)

    def _id(self, given: str) -> str:
        if given in vocabulary.SHARED_IDS or (len(given) < _SHORT and given.isdecimal()):
            return given
        main, sign, message = given.partition(";messageid=")
        if sign:
            return f"{self._names.id(main)}{sign}{self._names.id(message)}"
        return self._names.id(given)

    # -- texts

    def _text(self, given: str) -> str:
        if len(given) <= self._room:
            return self._parts(given if self._mask else redact(given), mask=self._mask)
        blank = given.rfind(" ", max(0, self._room - _BREAK), self._room)
        careful = given[: max(0, blank)]
        shown = self._parts(careful if self._mask else redact(careful), mask=self._mask)
        self._room = 0
        return shown + masked(given[len(careful) :])

    def _parts(self, given: str, *, mask: bool, inside: bool = False) -> str:
        """Return a text with its parts replaced. ``inside``: it is the rest of an address already."""
        self._room -= len(given)
        if self._room < 0:
            return masked(given)
        return _PARTS.sub(partial(self._part, mask=mask, inside=inside), given)

    def _part(self, match: re.Match[str], *, mask: bool, inside: bool) -> str:
        part, kind = match[0], match.lastgroup
        match kind:
            case "markup":
                return f"<{self._markup(part[1:-1], mask=mask)}>"
            case "entity":
                return part
            case "url":
                return masked(part) if inside else self._url(part, mask=mask)
            case "iso":
                return self._names.moment(part)
            case "id":
                return self._names.id(part)
            case "code":
                return part if part[1:-1] in vocabulary.EMOJI else f":{masked(part[1:-1])}:"
            case "command" if part[1:] in self.commands:
                return part
            case "command":
                return f"/{self._parts(part[1:], mask=mask)}"
            case "word" if self._names.is_known(part):
                return self._names.id(part)
            case "word" if not mask and part.lower() not in self._people and not _looks_made(part):
                return part
            case _:
                return masked(part)

    def _url(self, given: str, *, mask: bool) -> str:
        if given.startswith(vocabulary.SCHEMA):
            return given if given in vocabulary.SCHEMAS else vocabulary.SCHEMA
        scheme, sign, rest = given.partition(":")
        if not mask and scheme in ("http", "https"):
            return f"{scheme}{sign}{self._parts(rest, mask=False, inside=True)}"
        return scheme + sign + masked(rest)

    def _markup(self, inner: str, *, mask: bool) -> str:
        """Return the inside of ``<…>``: a mention, a link, an emoji, a time or a tag of HTML."""
        first, bar, label = inner.partition("|")
        if (mention := _MARKUP.fullmatch(first)) is not None:
            name = mention.group(cast(str, mention.lastgroup))
            shown = self._names.id(name)
            return first.replace(name, shown) + bar + masked(label)
        if first in vocabulary.SPECIAL:
            return first + bar + label[:0]
        if re.match(r"(?:https?|mailto|tel):", first):
            return self._url(first, mask=mask) + bar + self._parts(label, mask=mask)
        if (moment := re.fullmatch(r"t:(\d{1,12})((?::[A-Za-z])?)", first)) is not None:
            return f"t:{self._names.seconds(int(moment[1]))}{moment[2]}"
        if (emoji := re.fullmatch(r"(a?:)(\w{1,40}):(\d{15,20})", first)) is not None:
            return f"{emoji[1]}{masked(emoji[2])}:{self._names.id(emoji[3])}"
        if first.startswith("!subteam^"):
            return f"!subteam^{self._names.id(first[9:])}{bar}{masked(label)}"
        tag = _TAG.fullmatch(inner)
        if tag is not None and tag[2].lower() in vocabulary.TAGS:
            return f"{tag[1]}{tag[2]}{_ATTRIBUTE.sub(self._attribute, tag[3])}{tag[4]}"
        return self._parts(inner, mask=mask)

    def _attribute(self, match: re.Match[str]) -> str:
        name, sign, value = match.groups()
        quote = value[0] if value[0] in "\"'" else ""
        bare = value.strip(quote) if quote else value
        shown = self._id(bare) if name in ("id", "itemid") else self._parts(bare, mask=True)
        return f"{name if name in vocabulary.ATTRIBUTES else masked(name)}{sign}{quote}{shown}{quote}"


def _looks_made(word: str) -> bool:
    """Whether a word was rather made by a machine than written by a person: a part of an id, of a key, of a number."""
    digits = any(each.isdecimal() for each in word)
    return len(word) > _LONGEST_WORD or (digits and len(word) >= (6 if word.isdecimal() else 8))


def _is_id(field: str) -> bool:
    return field in vocabulary.IDS or field.endswith(("_id", "_ids", "Id"))


_SHAPES: Sequence[Callable[[str], object]] = (
    TIMESTAMP.fullmatch,
    SNOWFLAKE.fullmatch,
    MILLISECONDS.fullmatch,
    GUID.fullmatch,
    re.compile(r"(?:8:orgid|29|28|19|a|f):\S{4,300}").fullmatch,
    SLACK.fullmatch,
)


def _has_shape(given: str) -> bool:
    return any(shape(given) for shape in _SHAPES)


def _json(given: str) -> Any:
    try:
        found: Any = json.loads(given)
    except (ValueError, RecursionError):
        return None
    return cast(Any, found) if isinstance(found, dict | list) else None
