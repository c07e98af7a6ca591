"""The Slack adapter, built on slack-bolt."""
