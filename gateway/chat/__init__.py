"""What a handler holds: messages, asks, actions, elements, the session."""
