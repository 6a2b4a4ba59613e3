"""The messages as they are on the wire: the only place, with storage, that knows camelCase."""
