"""The other linters that migsafe is held against."""
