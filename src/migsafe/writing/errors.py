"""What cannot be written."""


class UnwritableError(ValueError):
    """An operation that no text stands for: nobody should have asked for it.

    Not a `MigsafeError`: recipes return operations that can be written, so that this is a
    bug in migsafe and not something that its user can mend.
    """
