"""The parts of the Slack emulator; its public door is ``gateway.emulators.slack.emulator``."""
