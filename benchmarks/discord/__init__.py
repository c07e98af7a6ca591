"""Discord: dispatches over a gateway websocket, beside raw discord.py."""
