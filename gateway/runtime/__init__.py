"""Running the user's handlers: turns, sessions, the journal, asks."""
