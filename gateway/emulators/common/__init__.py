"""What every emulator is made with, whatever its platform: trouble on demand, and those who watch."""
