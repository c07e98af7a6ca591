"""Drives the emulated Slack."""
