"""The kinds of operation the writer runs, by the table they work on."""
