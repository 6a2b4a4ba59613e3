"""What users have, in an open form: a zip of files by their hash, and of releases and chats as JSON lines."""
