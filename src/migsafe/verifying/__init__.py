"""Throw-away servers: what statements really do, measured where nothing can be harmed.

Everything here needs the extra `verify`; nothing on the lint path imports it.
"""
