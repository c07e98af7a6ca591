"""Modules that say what they do not have, and that refuse to be changed."""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from gateway.compat.names import REFUSED
from gateway.errors import Unsupported

GUIDE = "see docs/from-chainlit.md"


class _Refusing(type):
    """A class of which nothing can be made: using it raises ``Unsupported`` with what to use instead. It can stand in
    annotations and in ``isinstance``."""

    instead: str

    def __call__(cls, *_: Any, **__: Any) -> Any:
        raise Unsupported(cls.instead)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Unsupported(cls.instead)

    def __iter__(cls) -> Any:
        raise Unsupported(cls.instead)

    def __getitem__(cls, key: Any) -> Any:
        raise Unsupported(cls.instead)


def refusing(path: str) -> Any:
    """Return what stands for a name that has no counterpart: it raises as soon as it is used.

    Args:
        path: The name with its module, one of ``names.REFUSED``.
    """
    module, _, name = path.rpartition(".")
    said = f"{path} is not here: {REFUSED[path]}; {GUIDE}"
    return _Refusing(name, (), {"__module__": module, "__doc__": said, "instead": said})


class CompatModule(ModuleType):
    """A module of Chainlit's name with the gateway's objects. What is not in it says so; what is in it stays.

    Args:
        name: The module's full name.
        is_module: Tells whether a full name is that of another such module.
    """

    def __init__(self, name: str, is_module: Callable[[str], bool]) -> None:
        super().__init__(name)
        self.__dict__["__is_module__"] = is_module
        self.__dict__["__forwards__"] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        path = f"{self.__name__}.{name}"
        if self.__dict__["__is_module__"](path):
            return importlib.import_module(path)
        if path in REFUSED:
            self.__dict__[name] = refusing(path)
            return self.__dict__[name]
        raise AttributeError(unknown(path, self))

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            super().__setattr__(name, value)
        elif isinstance(value, ModuleType) and value.__name__ == f"{self.__name__}.{name}":
            # The import of a submodule. Names such as `chainlit.step` stay what they are: the object, not the module.
            self.__dict__.setdefault(name, value)
        elif name in self.__dict__["__forwards__"]:
            setattr(self.__dict__["__forwards__"][name], name, value)
        elif name in self.__dict__:
            raise AttributeError(
                f"{self.__name__}.{name} cannot be replaced: the gateway does not look for it there; {GUIDE}"
            )
        else:
            raise AttributeError(f"{self.__name__} has no {name} that could be set: nothing would read it; {GUIDE}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(
            f"{self.__name__}.{name} cannot be deleted: the gateway does not look for it there; {GUIDE}"
        )


def unknown(path: str, module: ModuleType | None) -> str:
    """Return the sentence about a name that does not exist.

    Args:
        path: The name with its module.
        module: The module that should have it, where there is one.
    """
    parent, _, name = path.rpartition(".")
    given = {} if module is None else vars(module)
    has = sorted(given.get("__all__", [each for each in given if not each.startswith("_")]))
    there = f"; {parent} has {', '.join(has)}" if 0 < len(has) < 40 else ""
    return f"there is no {name!r} in {parent}{there}; {GUIDE}"
