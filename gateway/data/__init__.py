"""Data layers: where threads, steps, elements, feedback and users are kept, by Chainlit's documented interface."""

from collections.abc import Callable

from gateway.data.base import BaseDataLayer
from gateway.data.utils import queue_until_user_message

__all__ = ["BaseDataLayer", "get_data_layer", "queue_until_user_message", "set_data_layer"]

_data_layer: BaseDataLayer | None = None
"""The layer in use. A bot file may assign one, which registers it as ``@data_layer`` does."""
_otherwise: Callable[[], BaseDataLayer] | None = None
"""What makes the layer when it is asked for and there is none."""


def get_data_layer() -> BaseDataLayer | None:
    """Return the data layer: the one that the bot registered, else one on the gateway's own database.

    Returns:
        The layer. None where the registered one could not be made yet, where ``GATEWAY_HISTORY`` is ``off`` and none is
        registered, and where no gateway runs.

    Raises:
        ImportError: The layer on the gateway's own database needs ``pip install "bot-gateway[data]"``.
    """
    global _data_layer
    if _data_layer is None and _otherwise is not None:
        _data_layer = _otherwise()
    return _data_layer


def set_data_layer(layer: BaseDataLayer | None, *, otherwise: Callable[[], BaseDataLayer] | None = None) -> None:
    """Set what ``get_data_layer`` returns. The gateway calls it; a bot registers its layer with ``@data_layer``.

    Args:
        layer: The layer; None for none.
        otherwise: A function that makes the layer when it is first asked for, in the place of None.
    """
    global _data_layer, _otherwise
    _data_layer, _otherwise = layer, otherwise
