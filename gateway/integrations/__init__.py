"""Libraries that bots are built on, each optional and imported only where it is used."""
