"""Mutants of the facts, and who notices them."""
