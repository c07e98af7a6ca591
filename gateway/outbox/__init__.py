"""Hands history on to the data layer that a bot registered."""

from gateway.outbox.deliverer import Deliverer
from gateway.outbox.elements import ElementFiles
from gateway.outbox.layer import LayerSource
from gateway.outbox.suspension import WithDeliveries
from gateway.outbox.threads import LayerThreads

__all__ = ["Deliverer", "ElementFiles", "LayerSource", "LayerThreads", "WithDeliveries"]
