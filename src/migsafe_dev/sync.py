"""`python -m migsafe_dev sync [--check]`: writes every generated file, or says which are stale."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from migsafe_dev import generated

ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> int:
    """Write the files that differ; with `--check` name them instead, and return 1."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m migsafe_dev sync [--check]", file=sys.stderr)
        return 2
    stale = {path: text for path, text in files() if text != _read(path)}
    for path, text in stale.items():
        if arguments:
            print(f"{path.relative_to(ROOT)} is stale: run python -m migsafe_dev sync")
        else:
            path.write_text(text, "utf-8", newline="")
            print(f"{path.relative_to(ROOT)} is written")
    return int(bool(arguments and stale))


def files() -> Iterator[tuple[Path, str]]:
    """Yield every generated file with what it should hold."""
    for found in iter_modules(generated.__path__, f"{generated.__name__}."):
        module = import_module(found.name)
        yield module.PATH, module.text()


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
