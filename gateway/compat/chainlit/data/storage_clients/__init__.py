"""What an app written for Chainlit imports from ``chainlit.data.storage_clients``: the gateway's own objects."""
