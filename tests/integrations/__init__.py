"""The libraries that bots are built on, real, in a bot on an emulated platform."""
