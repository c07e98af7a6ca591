"""The data layer that a bot registered: made once, checked, closed at the end."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, cast

import structlog

from gateway.data import BaseDataLayer, set_data_layer
from gateway.errors import SettingsError
from gateway.outbox.bounded import bounded, described, heard

log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""Seconds the start of the gateway waits for the function that makes the layer."""
_CLOSING = 10.0
"""Seconds the layer gets to close."""

_MISTAKES = (ImportError, NameError, AttributeError, TypeError, ValueError)
"""Errors of the function that time does not heal; after others it is called again."""


class LayerSource:
    """Makes the data layer, and shows it to the bot as ``gateway.data.get_data_layer()``.

    Args:
        make: The function that the bot registered with ``@data_layer``; None without one.
        own: A function that returns a layer on the gateway's own database, for a bot that registered none; None where
            nothing is kept.
        timeout: Seconds the registered function may take.
        made: Called with each registered layer before it is used.
    """

    def __init__(
        self,
        make: Callable[[], Any] | None,
        own: Callable[[], BaseDataLayer] | None,
        *,
        timeout: float,
        made: Callable[[BaseDataLayer], None] | None = None,
    ) -> None:
        self._make = make
        self._own = own
        self._timeout = timeout
        self._made = made
        self._making: asyncio.Task[BaseDataLayer] | None = None
        self._layer: BaseDataLayer | None = None

    @property
    def registered(self) -> bool:
        """Whether the bot registered a layer."""
        return self._make is not None

    @property
    def problem(self) -> str | None:
        """Why there is no layer yet; None where there is one, or none was registered."""
        if self._make is None or self._layer is not None or self._making is None:
            return None
        if not self._making.done():
            return "the function registered with @data_layer has not returned yet"
        error = self._making.exception()
        return None if error is None else f"@data_layer failed: {described(error)}"

    async def open(self) -> None:
        """Make the layer. Where that takes longer than ``PATIENCE``, or what it needs is away, the start goes on
        without it, and ``get`` tries again.

        Raises:
            SettingsError: The function returned something else than a data layer, or has a mistake in it.
        """
        if self._make is None:
            set_data_layer(None, otherwise=None if self._own is None else self._make_own)
            return
        set_data_layer(None)
        making = self._making = self._begin(self._make)
        await asyncio.wait({making}, timeout=PATIENCE)
        error = making.exception() if making.done() else None
        if isinstance(error, SettingsError):
            raise error
        if isinstance(error, _MISTAKES):
            raise SettingsError(f"@data_layer failed: {' '.join(described(error).split())}") from error
        if (problem := self.problem) is not None:
            log.error("data_layer.away", error=problem, note="the gateway starts without it and tries again")

    async def get(self) -> BaseDataLayer:
        """Return the layer; where it could not be made, after another try. Raises what the registered function
        raises."""
        assert self._make is not None, "only a registered layer is delivered to"
        if self._layer is not None:
            return self._layer
        if self._making is None or self._making.done():
            self._making = self._begin(self._make)
        return await asyncio.shield(self._making)

    async def close(self) -> None:
        """Close the layer. A failure is logged: the gateway ends anyway."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.wait({self._making})
        set_data_layer(None)
        layer, self._layer = self._layer, None
        close = getattr(layer, "close", None)
        if close is None:
            return
        try:
            await bounded(close(), _CLOSING)
        except Exception:
            # The layer is the bot's own: whatever it raises is theirs to read.
            log.exception("data_layer.not_closed")

    def _begin(self, make: Callable[[], Any]) -> "asyncio.Task[BaseDataLayer]":
        making = asyncio.create_task(self._called(make))
        making.add_done_callback(heard)
        return making

    async def _called(self, make: Callable[[], Any]) -> BaseDataLayer:
        async def made() -> object:
            result = make()
            return await result if inspect.isawaitable(result) else result

        layer = checked(await bounded(made(), self._timeout))
        if self._made is not None:
            self._made(layer)
        self._layer = layer
        set_data_layer(layer)
        return layer

    def _make_own(self) -> BaseDataLayer:
        assert self._own is not None
        self._layer = self._own()
        return self._layer


def checked(layer: object) -> BaseDataLayer:
    """Return what the registered function returned, a data layer. Raises ``SettingsError`` that names what is missing
    for one that lacks a documented method."""
    if isinstance(layer, type):
        raise SettingsError(f"@data_layer returned the class {layer.__name__}: return an object of it")
    needed = sorted(BaseDataLayer.__abstractmethods__)
    missing = [name for name in needed if not callable(getattr(layer, name, None))]
    if missing:
        kind = "None" if layer is None else f"an object of {type(layer).__name__}"
        lacks = "all its methods" if missing == needed else ", ".join(missing)
        raise SettingsError(
            f"@data_layer returned {kind}, which is no data layer: {lacks} missing; "
            "return an object of a subclass of gateway.data.BaseDataLayer"
        )
    return cast(BaseDataLayer, layer)
