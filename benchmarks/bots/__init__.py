"""Bots as a user of the gateway writes them: our subjects on every platform. They are run as files and never
imported."""

from pathlib import Path

ECHO = Path(__file__).parent / "echo.py"
SLOW = Path(__file__).parent / "slow.py"
