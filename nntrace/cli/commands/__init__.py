"""The commands, a file each: what it is called, how it is told about, which options it has and what it does."""
