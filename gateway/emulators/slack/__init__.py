"""The parts of the Slack emulator. Import it from ``gateway.emulators.slack.emulator``."""
