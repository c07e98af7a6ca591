"""``chainlit.data``. A file may assign ``_data_layer``, which registers the layer."""

from typing import Any

from gateway import data
from gateway.data import BaseDataLayer, get_data_layer, queue_until_user_message

__all__ = ["BaseDataLayer", "get_data_layer", "queue_until_user_message"]

__forwards__ = {"_data_layer": data}
"""Attributes that are set in another module than this one."""


def __getattr__(name: str) -> Any:
    if name in __forwards__:
        return getattr(__forwards__[name], name)
    raise AttributeError(name)
