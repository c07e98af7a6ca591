"""Discord: dispatches over a gateway websocket, compared with discord.py alone."""
