"""What an app written for Chainlit imports from ``chainlit.discord``: the gateway's own objects."""
