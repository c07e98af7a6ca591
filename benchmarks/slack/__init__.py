"""Slack: signed events to a webhook, compared with a minimal server and with slack-bolt alone."""
