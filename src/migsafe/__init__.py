"""Lint, plan and gate database migrations so that a deploy can always go back."""

__version__ = "0.1.0"
