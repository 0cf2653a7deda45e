"""The vocabulary every other room speaks: plain data, no I/O, no library."""
