"""The documents: every snippet runs, every command is one, the site is built, and the package installs."""
