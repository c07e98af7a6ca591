"""What several replicas on PostgreSQL do together, each a whole gateway in this process."""
