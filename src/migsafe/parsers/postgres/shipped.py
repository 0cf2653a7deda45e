"""Where postgast keeps its library and the description of its tree.

`import postgast` loads all that it offers to others: wrappers, a formatter, protobuf's text
format and its pure Python twin. That is a third of a run over one file, and nothing of it
is used here.
"""

from importlib.machinery import PathFinder


def path(name: str) -> str:
    """Return the path of a file in postgast's folder; there may be none."""
    package = PathFinder.find_spec("postgast")
    folders = package.submodule_search_locations if package is not None else None
    return f"{folders[0]}/{name}" if folders else name
