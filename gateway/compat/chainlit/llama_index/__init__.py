"""What an app written for Chainlit imports from ``chainlit.llama_index``: the gateway's own objects."""
