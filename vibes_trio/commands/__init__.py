"""What the command line does, a module a command. `cli.py` loads the one that is asked for, and no other."""
