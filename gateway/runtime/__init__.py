"""Runs the user's handlers: turns, sessions, the journal and asks."""
