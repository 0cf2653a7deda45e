"""Intents, the composition of deploys, and the life of a plan directory."""
