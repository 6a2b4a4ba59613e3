"""SQLite: one file in WAL mode, many readers, one writer."""
