"""Programs that a migration runs: the bodies of DO blocks and of the routines it calls."""

from functools import lru_cache

from migsafe.model.operations import Cause, Unrecognized
from migsafe.parsers.postgres import plpgsql
from migsafe.parsers.postgres.constants import constant
from migsafe.parsers.postgres.program import Program, Step
from migsafe.parsers.tokens import tokens

__all__ = ["Program", "Step", "arguments", "read_body"]

_MODES = frozenset({"in", "inout", "variadic"})


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


def arguments(call: str, declared: str) -> tuple[tuple[str, str], ...]:
    """Return the parameters whose values a call shows, by name.

    Args:
        call: `SELECT f('a', which => 'b')` or CALL.
        declared: The parameters as CREATE FUNCTION lists them, without brackets.
    """
    opening = call.find("(")
    names = [_parameter(each) for each in _listed(declared)]
    known: dict[str, str] = {}
    for at, given in enumerate(_listed(call[opening + 1 : call.rfind(")")])):
        named, arrow, value = given.partition("=>")
        name = named.strip() if arrow else (names[at] if at < len(names) else "")
        text = constant(value if arrow else given, {})
        if isinstance(text, str) and name:
            known[name] = text
    return tuple(known.items())


def _listed(text: str) -> list[str]:
    """Return the parts of a text between its commas outside of brackets."""
    edges = [
        -1,
        *(t.start for t in tokens(text) if t.depth == 0 and text[t.start] == ","),
        len(text),
    ]
    parts = [text[edges[at] + 1 : edges[at + 1]] for at in range(len(edges) - 1)]
    return [part for part in parts if part.strip()]


def _parameter(declared: str) -> str:
    """Return the name of a parameter, empty where it has none."""
    words = declared.split()
    if words[0].lower() in _MODES:
        words = words[1:]
    return words[0].lower() if len(words) > 1 else ""
