"""The parts of the Slack emulator; its public door is ``adapters.slack.emulator``."""
