"""One Python bot, written once, that lives in Slack, Discord and Microsoft Teams."""
