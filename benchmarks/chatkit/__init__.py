"""ChatKit: what a request costs beside a Slack event, the first token, and open streams."""
