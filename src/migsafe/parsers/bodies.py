"""Programs that a migration runs: the bodies of DO blocks and of the routines it calls."""

from functools import lru_cache

from migsafe.model.operations import Cause, Unrecognized
from migsafe.parsers.postgres import plpgsql
from migsafe.parsers.postgres.program import Program, Step

__all__ = ["Program", "Step", "read_body"]


@lru_cache(maxsize=256)
def read_body(language: str, body: str, arguments: tuple[tuple[str, str], ...] = ()) -> Program:
    """Return the statements that a body runs, each at its place in the body.

    What the body runs and nobody can read is an `Unrecognized` operation among them, so a
    program without one is read to its end. Never raises.

    Args:
        language: `plpgsql` or `sql`; of other languages nothing is read.
        body: The text between the quotes.
        arguments: The parameters whose values are known, by name.
    """
    match language.lower():
        case "plpgsql":
            return plpgsql.read(body, dict(arguments))
        case "sql":
            return plpgsql.read_plain(body)
        case other:
            reason = f"a program in {other}"
            return Program((Step(Unrecognized(Cause.DYNAMIC, reason, body), 0, len(body)),))
