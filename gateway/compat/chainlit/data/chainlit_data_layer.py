"""What an app written for Chainlit imports from ``chainlit.data.chainlit_data_layer``: the gateway's own objects."""

from gateway.data.chainlit_data_layer import ChainlitDataLayer

__all__ = ["ChainlitDataLayer"]
