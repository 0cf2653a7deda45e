"""What a running server is called; needs no driver."""

from migsafe.model.record import record


@record
class Server:
    """A running server to measure on.

    `dsn` opens its maintenance database and is never printed; `says` describes it to
    people; `ours`: it was started for this run and is thrown away.
    """

    version: int
    dsn: str
    says: str
    ours: bool
