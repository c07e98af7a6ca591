"""Judges what a file uses of the API, line by line."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import gateway
from gateway.checking import surface
from gateway.checking.shown import degradation
from gateway.checking.uses import Use, find

Kind = Literal["works", "degrades", "nothing", "missing"]

WORDS: Mapping[Kind, str] = {
    "works": "works",
    "degrades": "looks different",
    "nothing": "does nothing",
    "missing": "fails",
}
"""What each kind is called for people."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What becomes of one use of the API."""

    line: int
    name: str
    """The name as the file has it."""
    kind: Kind
    words: str = ""
    """How it looks, why it does nothing, or what to use instead."""


def check(source: str, name: str = "<text>") -> tuple[Sequence[Finding], frozenset[str]]:
    """Return what becomes of a file's uses of the API, in the order of its lines, and the modules it imports, relative
    ones with dots in front, for files beside it to be found. The code is read, never run.

    ``name``: the file's name, for the error. Raises ``SyntaxError`` for what is not Python, also where it is nested too
    deeply to be read.
    """
    try:
        tree = ast.parse(source, name)
        names = find(tree, {each: None for each in gateway.__all__})
    except (RecursionError, MemoryError):
        raise SyntaxError("it is nested too deeply") from None
    except ValueError as error:  # a zero byte, before Python 3.12
        raise SyntaxError(str(error)) from None
    return _ordered(judgement for use in names.uses for judgement in _judged(use)), names.imports


def _ordered(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Return the findings without those that say nothing new: of ``cl.context`` and ``cl.context.user`` in one line the
    longer name is enough where both work."""
    found = sorted(set(findings), key=lambda each: (each.line, each.name, each.kind))
    longer = {(each.line, name) for each in found for name in _beginnings(each.name)}
    told = {(each.line, each.name) for each in found if each.kind != "works"}
    return [each for each in found if each.kind != "works" or (each.line, each.name) not in longer | told]


def _beginnings(name: str) -> Iterator[str]:
    plain = re.split(r"[(\[]", name)[0]
    parts = plain.split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts) + (plain != name)))


def _judged(use: Use) -> Iterator[Finding]:
    if use.path.startswith(":"):  # known by its name alone
        yield from _shown(use, use.written, use.path[1:])
        return
    known = surface.look_up(use.path)
    if known.state != "works":
        # What a name is taken from is told where it is written itself, and a module where it is imported.
        module, _, behind = use.path.partition(":")
        if known.length == len(list(filter(None, behind.split(".")))):
            yield Finding(use.line, use.written, known.state, known.words)
        elif known.length == 0 and use.written.startswith(module):
            yield Finding(use.line, module, known.state, known.words)
        return
    if use.is_set and use.key is None and known.is_fixed:
        if not use.path.endswith(("data:_data_layer", ":data._data_layer")):
            words = "it cannot be set: the gateway does not look for it there"
            yield Finding(use.line, use.written, "missing", words)
        return
    yield from _of_session(use)
    if use.is_call:
        yield from _of_call(use, known)
    last = use.path.rpartition(":")[2].rpartition(".")[2].replace("()", "")
    names = [f"{known.owner}.{last}"] if known.owner else [last]
    names += [last] if last in ("stream_token", "set_commands") else []
    shown = [each for name in names for each in _shown(use, use.written, name)]
    yield from shown
    if not shown and last and "()" not in use.path:
        yield Finding(use.line, use.written, "works")


def _shown(use: Use, written: str, name: str) -> Iterator[Finding]:
    if (words := degradation(name)) is not None:
        yield Finding(use.line, written, "degrades", words)


def _of_session(use: Use) -> Iterator[Finding]:
    """Judge the keys of ``cl.user_session`` that a file reads or sets."""
    names = use.path.partition(":")[2].split(".")
    if "user_session" not in names[:1] or not isinstance(use.key, str):
        return
    is_set = use.is_set or names[1:] == ["set"]
    if names[1:] not in (["get"], ["set"], []):
        return
    if (told := surface.session_value(use.key, is_set=is_set)) is not None:
        written = f"{use.written}({use.key!r})" if use.is_call else use.written
        yield Finding(use.line, written, *told)


def _of_call(use: Use, known: surface.Known) -> Iterator[Finding]:
    """Judge the keywords of a call."""
    taken = surface.keywords_of(known.value)
    for keyword, value in use.keywords.items():
        written = f"{use.written}({keyword}=…)"
        if taken is not None and keyword not in taken:
            if surface.keeps_other_keywords(known.value):
                yield Finding(use.line, written, "nothing", "it is kept and not used")
            else:
                yield Finding(use.line, written, "missing", _not_taken(taken))
        elif keyword == "display" and value in ("side", "page"):
            yield from _shown(use, f"{use.written}(display={value!r})", "display")
        elif keyword == "author":
            yield from _shown(use, written, "author")
        elif keyword == "forId":
            yield from _shown(use, written, "Task.forId")


def _not_taken(taken: frozenset[str]) -> str:
    return f"there is no such keyword: it takes {', '.join(sorted(taken)) or 'none'}"
