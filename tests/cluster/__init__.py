"""Several replicas on one PostgreSQL behind a balancer, on three emulated platforms at once, and their faults."""
