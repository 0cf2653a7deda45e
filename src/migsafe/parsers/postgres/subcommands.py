"""Where the sub-commands of an ALTER stand: the grammar does not say."""

from itertools import pairwise

from migsafe.model.pattern import pattern
from migsafe.parsers.postgres.source import Source
from migsafe.parsers.tokens import Token, tokens

# Where none of these occurs, commas and brackets outside plain strings tell everything.
_HARD = pattern(r"--|/\*|\$|[eE]'")
_NAME = pattern(
    r"""(?:"(?:[^"]|"")*+"|[\w$]++)"""
    r"""(?:\s*+\.\s*+(?:"(?:[^"]|"")*+"|[\w$]++))*+\s*+[*)]?+\s*+"""
)
_MARK = pattern(r"""[,()\[\]]|'[^']*+'|"[^"]*+\"""")

Place = tuple[int, int]


def spans(source: Source, relation: int, count: int) -> list[Place]:
    """Return the places of `count` sub-commands, separated by commas outside brackets.

    Args:
        source: The statement.
        relation: Location of the altered relation's name, in bytes.
        count: How many sub-commands the grammar found; if the tokens tell another story,
            each gets the place of the whole statement.
    """
    start = source.offset(relation)
    if _HARD.search(source.text, start, source.end):
        found = _by_tokens(source, start)
    else:
        found = _by_marks(source, start, count)
    if len(found) != count:
        return [(source.start, source.end)] * count
    return found


def _by_marks(source: Source, start: int, count: int) -> list[Place]:
    text = source.text
    name = _NAME.match(text, start)
    first = start if name is None else name.end()
    end = first + len(text[first : source.end].rstrip("; \t\n\r\f\v"))
    if count == 1:
        return [(first, end)]
    cuts = [first]
    depth = 0
    for mark in _MARK.finditer(text, first, end):
        match text[mark.start()]:
            case "(" | "[":
                depth += 1
            case ")" | "]":
                depth -= 1
            case "," if depth == 0:
                cuts.append(mark.end())
            case _:
                pass
    cuts.append(end + 1)
    return [_trimmed(text, cut, after - 1) for cut, after in pairwise(cuts)]


def _trimmed(text: str, start: int, end: int) -> Place:
    command = text[start:end]
    return start + len(command) - len(command.lstrip()), start + len(command.rstrip())


def _by_tokens(source: Source, start: int) -> list[Place]:
    text = source.text
    found: list[Place] = []
    first: Token | None = None
    last: Token | None = None
    in_name = after_dot = True
    for token in tokens(text, start):
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
    return found
