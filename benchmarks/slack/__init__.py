"""Slack: signed events to a webhook, beside a floor and raw slack-bolt."""
