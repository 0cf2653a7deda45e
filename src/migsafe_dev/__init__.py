"""Tools for people who work on migsafe; never shipped."""
