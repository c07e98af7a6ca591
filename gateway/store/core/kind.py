"""A kind of operation, and one caller's wish for it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gateway.ports import Lease
from gateway.store.core.transaction import Transaction

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[A, R]):
    """A kind of operation: ``run`` takes the arguments of many and returns their results in the same order."""

    run: Callable[[Transaction, Sequence[A]], Sequence[R]]
    writes: bool = True
    """Whether it changes rows."""
    owned: bool = True
    """Whether only the owner of the data may run it (see ``Ownership``)."""
    patient: bool = False
    """Whether nobody waits for it: it then shares the next commit, or has its own after
    ``writer.PATIENCE`` seconds."""
    last: bool = False
    """Whether it runs after the others of its batch, so that all of its kind come together and it reads what they
    wrote."""


class Operation:
    """One caller's wish, and what became of it."""

    __slots__ = ("args", "error", "future", "kind", "lease", "result")

    def __init__(self, kind: Kind[Any, Any], args: Any, lease: Lease | None, future: asyncio.Future[Any]) -> None:
        self.kind = kind
        self.args = args
        self.lease = lease
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None
