"""The gateway's own HTTP API below ``/v1``: history, search, export. It is imported only where there is an API key."""
