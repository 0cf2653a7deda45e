"""The schema as known before an operation: immutable, folded over history."""
