"""What all emulators share: the server, failures that tests order, recorded calls, subscriptions and small values."""
