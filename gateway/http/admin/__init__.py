"""The pages for operators below ``/admin``: what happens now, what failed, what was said. They are imported only where
there is an API key."""
