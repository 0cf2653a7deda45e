"""Ends of lines, which say nothing about what an operation does."""

from migsafe.model.record import is_record, names, replace


def with_lf(value: object) -> object:
    """Return a value with line ends as LF in all its texts: bodies keep those of their file."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n") if "\r" in value else value
    if isinstance(value, tuple):
        items = tuple(with_lf(item) for item in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if is_record(value):
        changed = {
            name: new
            for name in names(value)
            if name != "origin" and (new := with_lf(old := getattr(value, name))) is not old
        }
        return replace(value, **changed) if changed else value
    return value
