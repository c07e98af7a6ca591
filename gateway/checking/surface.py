"""What there is of the API: looks names up in the gateway's own modules, which answer for Chainlit's as well."""

import ast
import importlib
import inspect
import re
import textwrap
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any, Literal, NamedTuple

import gateway
from gateway.chat import web_only
from gateway.chat.commands import Emitter
from gateway.chat.context import SessionInfo
from gateway.chat.session import RESERVED
from gateway.compat.names import EMPTY, REFUSED

State = Literal["works", "nothing", "missing"]

_COMPAT = "gateway.compat.chainlit"
_UNKNOWN = object()
"""Stands for a value of which nothing is known but that it is there."""


class Instance(NamedTuple):
    """Stands for some object of a class."""

    of: type


class Known(NamedTuple):
    """What ``gateway check`` knows of a name that a bot uses: whether it works here, and why not."""

    state: State
    words: str = ""
    """Why it does nothing or is missing, and what to use instead."""
    length: int = 0
    """How many parts of the name could be followed, the module left out; the one that failed included."""
    value: object = _UNKNOWN
    owner: str = ""
    """The name of the class that the last part was looked up in; empty for a module."""
    is_fixed: bool = False
    """Whether nothing can be assigned to the name: it is one of a module, or of the configuration."""


def look_up(path: str) -> Known:
    """Return what is known of a name.

    ``path``: the module, a colon, and the names from there on, ``()`` for a call: ``chainlit:Message().send``.
    """
    module, _, names = path.partition(":")
    thing = _module(module)
    if isinstance(thing, str):
        return Known("missing", thing)
    known = Known("works", value=thing)
    for length, part in enumerate(filter(None, names.split(".")), 1):
        name, where = part.replace("()", ""), known.value
        known = _in_module(module, where, name) if isinstance(where, ModuleType) else _in_object(where, name)
        known = known._replace(length=length, owner=_name_of(where), is_fixed=_is_fixed(where))
        if known.state != "works":
            return known
        module = f"{module}.{name}"
        for _ in range(part.count("()")):
            known = known._replace(value=_called(known.value))
    return known


def keywords_of(value: object) -> frozenset[str] | None:
    """Return the names of the keywords that a class or function takes; None where any is taken or none can be known."""
    if not callable(value) or value is _UNKNOWN:
        return None
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return None
    names = {each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        if not (isinstance(value, type) and issubclass(value, gateway.Element)):
            return None
        names |= set(inspect.signature(gateway.Element).parameters) - {"extra"}
    return frozenset(names)


def keeps_other_keywords(value: object) -> bool:
    """Return whether other keywords than those of ``keywords_of`` are taken, kept and not used."""
    return isinstance(value, type) and issubclass(value, gateway.Element)


def session_value(key: str, *, is_set: bool) -> tuple[State, str] | None:
    """Return why a key of ``cl.user_session`` does nothing or is refused; None for one that works."""
    if is_set:
        refused = key in RESERVED
        return (
            ("missing", f"{key!r} is filled in by the gateway, and setting it raises: choose another key")
            if refused
            else None
        )
    words = _NO_VARIABLES if key == "env" else web_only.NO_VALUES.get(key)
    return None if words is None else ("nothing", words)


_NO_VARIABLES = "it is always empty: a person gives no variables of their own on a chat platform"


@cache
def _module(name: str) -> ModuleType | str:
    """Return the module that answers for a name, or why there is none."""
    place = re.sub(r"^chainlit(?=\.|$)", _COMPAT, name)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if not place.startswith(str(error.name)):
            return str(error)
    except ImportError as error:
        return str(error)
    return ModuleType(name) if name in EMPTY else f"there is no module {name}"


def _in_object(where: object, name: str) -> Known:
    """Look a name up in a class or an object."""
    if isinstance(where, Instance):
        return _in_instance(where.of, name)
    if isinstance(where, type):
        found = inspect.getattr_static(where, name, None) is not None or name in _fields(where)
        return Known("works", value=getattr(where, name, _UNKNOWN)) if found else _missing(where.__name__, name)
    return Known("works")


def _in_module(module: str, where: ModuleType, name: str) -> Known:
    if name in web_only.INSTEAD:
        return Known("nothing", web_only.INSTEAD[name], value=getattr(where, name, _UNKNOWN))
    if (words := REFUSED.get(f"{module}.{name}")) is not None:
        return Known("missing", f"using it raises: {words}")
    # Objects come first: `chainlit.context` is the context, and a module of that name as well.
    where = gateway if module == "chainlit" and name in gateway.__all__ else where
    try:
        value = getattr(where, name)
    except AttributeError:
        inner = _module(f"{module}.{name}")
        if isinstance(inner, str):
            return _missing(module, name)
        return Known("works", value=inner)
    except ImportError as error:
        return Known("missing", str(error))
    is_made = not isinstance(value, type | ModuleType) and not callable(value)
    ours = type(value).__module__.partition(".")[0] == "gateway"
    return Known("works", value=Instance(type(value)) if is_made and ours else value)


def _in_instance(cls: type, name: str) -> Known:
    for state, table in _WITHOUT.get(cls, ()):
        if name in table:
            return Known(state, table[name])
    member = inspect.getattr_static(cls, name, None)
    if isinstance(member, property):
        return Known("works", value=_result(member.fget))
    if member is not None:
        return Known("works", value=getattr(cls, name, _UNKNOWN))
    answers_by_itself = hasattr(cls, "__getattr__") and cls not in _WITHOUT
    if answers_by_itself or name in _fields(cls) or name.startswith("__"):
        return Known("works")
    return _missing(cls.__name__, name)


_WITHOUT: Mapping[type, Sequence[tuple[State, Mapping[str, str]]]] = {
    Emitter: (("nothing", web_only.IDLE_EMITTER), ("missing", web_only.NO_EMITTER)),
    SessionInfo: (("missing", web_only.NO_SESSION),),
}
"""What an object of a class has not, what becomes of its use, and what to use instead."""


def _missing(where: str, name: str) -> Known:
    return Known("missing", f"there is no {name!r} in {where}")


def _called(value: object) -> object:
    """Return what a call of a value returns."""
    if isinstance(value, type):
        return Instance(value) if value.__module__.partition(".")[0] == "gateway" else _UNKNOWN
    return _UNKNOWN


def _result(function: Any) -> object:
    """Return what a property gives, by its annotation."""
    try:
        found: object = typing.get_type_hints(function).get("return")
    except (NameError, TypeError):
        return _UNKNOWN
    return Instance(found) if isinstance(found, type) and found.__module__.partition(".")[0] == "gateway" else _UNKNOWN


@cache
def _fields(cls: type) -> frozenset[str]:
    """Return the names of the attributes that objects of a class get: annotated ones, and those its methods set."""
    found: set[str] = set()
    for each in cls.__mro__[:-1]:
        found.update(vars(each).get("__annotations__", {}))
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(each)))
        except (OSError, TypeError, SyntaxError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
    return frozenset(found)


def _is_fixed(where: object) -> bool:
    if isinstance(where, Instance):
        return where.of.__module__.startswith("gateway.compat.") and "__setattr__" in vars(where.of)
    return isinstance(where, ModuleType)


def _name_of(where: object) -> str:
    if isinstance(where, Instance):
        return where.of.__name__
    return "" if isinstance(where, ModuleType) else getattr(where, "__name__", "")
