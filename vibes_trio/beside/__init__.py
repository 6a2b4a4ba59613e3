"""Work that costs by its size, done in processes beside this one, so that nobody waits for it in the event loop."""
