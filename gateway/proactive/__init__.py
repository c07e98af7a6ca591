"""What programs ask the bot to say without anybody having written: single messages and broadcasts."""
