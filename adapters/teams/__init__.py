"""Microsoft Teams, on botbuilder-core."""
