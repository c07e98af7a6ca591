"""The Microsoft Teams adapter, built on botbuilder-core."""
