"""A client for the messages of a server, over one WebSocket."""
