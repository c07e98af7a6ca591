"""Elements: files, images and texts that go with a message, and what users attach."""
