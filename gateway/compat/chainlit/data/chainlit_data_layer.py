"""``chainlit.data.chainlit_data_layer``."""

from gateway.data.chainlit_data_layer import ChainlitDataLayer

__all__ = ["ChainlitDataLayer"]
