"""Where the sub-commands of an ALTER stand: the grammar does not say."""

from migsafe.parsers.postgres.source import Source
from migsafe.parsers.tokens import Token, tokens


def spans(source: Source, relation: int, count: int) -> list[tuple[int, int]]:
    """Return the places of `count` sub-commands, separated by commas outside brackets.

    Args:
        source: The statement.
        relation: Location of the altered relation's name, in bytes.
        count: How many sub-commands the grammar found; if the tokens tell another story,
            each gets the place of the whole statement.
    """
    text = source.text
    found: list[tuple[int, int]] = []
    first: Token | None = None
    last: Token | None = None
    in_name = True
    after_dot = True
    for token in tokens(text, source.offset(relation)):
        if token.start >= source.end:
            break
        word = text[token.start : token.end]
        if in_name:
            if word in {".", "*", ")"}:
                after_dot = word == "."
                continue
            if after_dot:
                after_dot = False
                continue
            in_name = False
        if token.depth == 0 and word in {",", ";"}:
            if first is not None and last is not None:
                found.append((first.start, last.end))
            first = None
            continue
        if first is None:
            first = token
        last = token
    if first is not None and last is not None:
        found.append((first.start, last.end))
    if len(found) != count:
        return [(source.start, source.end)] * count
    return found
