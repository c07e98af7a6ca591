"""Bots as a user of the gateway writes them: our subjects on every platform. Run as files, never imported."""

from pathlib import Path

ECHO = Path(__file__).parent / "echo.py"
SLOW = Path(__file__).parent / "slow.py"
