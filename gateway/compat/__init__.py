"""Runs files that were written for Chainlit, unchanged: its import paths on top of the gateway's own API."""
