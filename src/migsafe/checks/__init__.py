"""Judgement: one module a rule; each judges facts that others state."""
