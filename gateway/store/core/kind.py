"""Kinds of operations on the store, and one operation that a caller asked for."""

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
    """A kind of operation. ``run`` takes the arguments of several operations and returns their results in the same
    order."""

    run: Callable[[Transaction, Sequence[A]], Sequence[R]]
    writes: bool = True
    """Whether the operation changes rows."""
    owned: bool = True
    """Whether only the owner of the data may run the operation (see ``Ownership``)."""
    patient: bool = False
    """Whether nobody waits for the operation. It then shares the next commit, or gets its own after ``writer.PATIENCE``
    seconds."""
    alone: bool = False
    """Whether the operation runs after its batch and outside of any transaction, with nothing else."""
    last: bool = False
    """Whether the operation runs after the others of its batch: all operations of its kind then run as one set, and
    read what the others wrote."""


class Operation:
    """One operation that a caller asked for, and its result or error."""

    __slots__ = ("args", "error", "future", "kind", "lease", "result")

    def __init__(self, kind: Kind[Any, Any], args: Any, lease: Lease | None, future: asyncio.Future[Any]) -> None:
        self.kind = kind
        self.args = args
        self.lease = lease
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None
