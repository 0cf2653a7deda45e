"""What git knows: where a change began, what it changed, and what stood there before.

Nothing else runs git. Nothing is fetched, written or checked out.
"""
