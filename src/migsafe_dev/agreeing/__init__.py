"""Predictions held against servers: cases, measurements, and what differs."""
