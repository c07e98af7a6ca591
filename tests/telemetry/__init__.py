"""What is told of a running gateway: observers, metrics, traces, logs."""
