"""`python -m migsafe_dev calls NAME=PATH …`: how many calls of `op` are fully known.

The denominator is counted by `ast.walk` alone: each call of `op` and of a batch that stands in a
revision, or in a file of the repository that a revision imports and that imports `op`. What is
read of each comes from the walk that reads revisions. A call that no way through the functions
reaches (a branch of another dialect, a function that nobody calls) is counted apart. With
`--show` each call that is not known is named with its place.
"""

import argparse
import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from migsafe.model.origin import SectionName
from migsafe.sources.alembic.environment import environment_of
from migsafe.sources.alembic.flow import Walk
from migsafe.sources.alembic.handed import handed_by
from migsafe.sources.alembic.importer import Importer
from migsafe.sources.alembic.modules import read_module
from migsafe.sources.files import Files
from migsafe_dev.others import whole

Call = tuple[str, int, int]
"""The file, the line and the column of a call."""

_NO_OPERATIONS = frozenset(
    (
        *("f", "get_bind", "get_context", "inline_literal", "batch_alter_table"),
        *("implementation_for", "register_operation"),
    )
)
_CAUSES = (
    ("what the database holds", re.compile(r"what the database holds|a row of the database")),
    ("what the environment holds", re.compile(r"is known only when it runs")),
    ("a name that another package defines", re.compile(r"cannot be read here")),
    ("a condition", re.compile(r"depends on a condition|a condition is not known")),
    ("a loop", re.compile(r"changes with each round")),
    ("a parameter", re.compile(r"is a parameter")),
    ("labels of an enum", re.compile(r"the labels of enum")),
    ("too many steps", re.compile(r"too many steps")),
    ("an operation that is not read", re.compile(r"is not read$")),
)


@dataclass
class Counted:
    """What came of a tree."""

    calls: int = 0
    known: int = 0
    not_reached: list[Call] = field(default_factory=list)
    unanalysed: dict[Call, str] = field(default_factory=dict)

    @property
    def causes(self) -> Counter[str]:
        """How many calls each cause keeps from being known."""
        return Counter(cause(reason) for reason in self.unanalysed.values())

    def line(self, name: str) -> str:
        """What is printed of a tree."""
        reached = self.calls - len(self.not_reached)
        share = 100 * self.known / reached if reached else 100.0
        return (
            f"{name}: {self.calls} calls, {reached} reached, {self.known} fully known "
            f"({share:.2f} %), {len(self.unanalysed)} unanalysed, "
            f"{len(self.not_reached)} not reached"
        )


def main(arguments: list[str]) -> int:
    """Print what is known of the calls of each tree."""
    parser = argparse.ArgumentParser(prog="migsafe_dev calls")
    parser.add_argument("trees", nargs="+", metavar="NAME=PATH")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args(arguments)
    total = Counted()
    for tree in given.trees:
        name, _, path = tree.partition("=")
        counted = count(path)
        print(counted.line(name))
        for said, number in counted.causes.most_common():
            print(f"    {number:5} {said}")
        if given.show:
            _show(counted)
        total.calls += counted.calls
        total.known += counted.known
        total.not_reached += counted.not_reached
        total.unanalysed |= counted.unanalysed
    if len(given.trees) > 1:
        print(total.line("total"))
    return 0


def _show(counted: Counted) -> None:
    for (path, line, column), reason in sorted(counted.unanalysed.items()):
        print(f"        {path}:{line}:{column + 1}: {reason}")
    for path, line, column in sorted(counted.not_reached):
        print(f"        {path}:{line}:{column + 1}: not reached")


def cause(reason: str) -> str:
    """Return the kind of reason that keeps a call from being known."""
    return next((said for said, found in _CAUSES if found.search(reason)), "another")


def count(path: str) -> Counted:
    """Count the calls of a tree and say what is read of them."""
    files = Files()
    loaded = whole(path)
    revisions = sorted(
        {
            migration.path
            for selection in loaded.selections
            for migration in selection.tree.migrations
            if migration.path.endswith(".py")
        }
    )
    read: dict[Call, str | None] = {}
    for revision in revisions:
        for call, reason in _read(revision, files):
            read[call] = read.get(call) or reason
    counted = Counted()
    for file in (*revisions, *_helpers(revisions)):
        for call in calls_in(Path(file)):
            counted.calls += 1
            if call not in read:
                counted.not_reached.append(call)
            elif (said := read[call]) is None:
                counted.known += 1
            else:
                counted.unanalysed[call] = said
    return counted


# --- what is read -------------------------------------------------------------------------


def _read(path: str, files: Files) -> Iterator[tuple[Call, str | None]]:
    """Yield what the walk over a revision says of each call that it meets."""
    environment = environment_of(str(Path(path).parent), files)
    importer = Importer(files, () if environment is None else environment.paths)
    handed = {} if environment is None else handed_by(environment, files, importer)
    module = read_module(files.text(path), path)
    for section, function in ((SectionName.UP, "upgrade"), (SectionName.DOWN, "downgrade")):
        walk = Walk(module, path, section, importer, handed)
        walk.function(function)
        for (file, line, column), reason in walk.sink.calls.items():
            yield (str(Path(file).resolve()), line, column), reason


# --- what there is ------------------------------------------------------------------------


def calls_in(path: Path) -> Iterator[Call]:
    """Yield the calls of `op` and of batches in a file; nothing is followed."""
    tree = ast.parse(path.read_text("utf-8"))
    names = _names_of_op(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=held, attr=attr)) if attr not in _NO_OPERATIONS:
                if _called(held) in names:
                    yield str(path.resolve()), node.lineno, node.col_offset
            case _:
                pass


def _names_of_op(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="alembic", names=names):
                found |= {each.asname or each.name for each in names if each.name == "op"}
            case ast.Import(names=names):
                found |= {each.asname or each.name for each in names if each.name == "alembic.op"}
                found |= {"alembic.op" for each in names if each.name == "alembic"}
            case ast.arg(arg="op" | "batch_op" as name):
                found.add(name)
            case ast.withitem(
                context_expr=ast.Call(func=ast.Attribute(attr="batch_alter_table")),
                optional_vars=ast.Name(id=name),
            ):
                found.add(name)
            case _:
                pass
    return found


def _called(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="alembic"), attr="op"):
            return "alembic.op"
        case _:
            return ""


def _helpers(revisions: Iterable[str]) -> list[str]:
    """Return the files of the repository that revisions import and that import `op`."""
    revisions = list(revisions)
    if not revisions:
        return []
    root = _repository(Path(revisions[0]).resolve())
    known = {Path(each).resolve() for each in revisions}
    candidates = [
        path
        for path in root.rglob("*.py")
        if path.resolve() not in known and _imports_op(path) and "versions" not in path.parent.parts
    ]
    pending = [Path(each) for each in revisions]
    found: list[Path] = []
    while pending:
        imported = _imported(pending.pop())
        for path in candidates:
            dotted = ".".join(path.relative_to(root).with_suffix("").parts)
            dotted = dotted.removesuffix(".__init__")
            if path not in found and any(_leads_to(name, dotted) for name in imported):
                found.append(path)
                pending.append(path)
    return [str(path) for path in found]


def _repository(path: Path) -> Path:
    return next((each for each in path.parents if (each / ".git").exists()), path.parent)


def _imports_op(path: Path) -> bool:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return re.search(r"\bimport\s+alembic\b|\bfrom\s+alembic\b[^\n]*", text) is not None and (
        re.search(r"\bop\b", text) is not None
    )


def _leads_to(name: str, dotted: str) -> bool:
    """Return whether an import may mean a file, whatever directory stands on the path."""
    return dotted == name or dotted.endswith(f".{name}")


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {each.name for each in names}
            case ast.ImportFrom(module=module, names=names):
                found |= {f"{module}.{each.name}" if module else each.name for each in names}
                found |= {module} if module else set()
            case _:
                pass
    return found
