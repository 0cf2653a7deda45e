"""Which rules are asked about what: read from the signatures of the checks."""

import pkgutil
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from types import ModuleType, UnionType
from typing import get_args

from migsafe import checks

PATH = Path(__file__).parents[2] / "migsafe" / "lint" / "asked.py"
_WHOLES = ("migration", "deploy", "code", "plan", "history", "changes", "run", "suppressions")
_HEADER = '''\
"""Which rules are asked about what, so that a run loads only the checks that it needs.

Written by `python -m migsafe_dev sync` from the checks; do not edit.
"""

'''


def text() -> str:
    """Return the text of the module."""
    operations: dict[str, list[str]] = defaultdict(list)
    wholes: dict[str, list[str]] = {whole: [] for whole in _WHOLES}
    strict: list[str] = []
    for rule_id, module in _modules():
        if getattr(module, "PROFILE", None) == "strict":
            strict.append(rule_id)
        for whole in _WHOLES:
            if hasattr(module, f"check_{whole}"):
                wholes[whole].append(rule_id)
        if hasattr(module, "check_operation"):
            for subject in _subjects(module):
                operations[subject.__name__].append(rule_id)
    return (
        f"{_HEADER}OPERATIONS: dict[str, tuple[str, ...]] = {{\n"
        f"{_entries(dict(sorted(operations.items())))}}}\n"
        f"WHOLES: dict[str, tuple[str, ...]] = {{\n{_entries(wholes)}}}\n"
        f"STRICT = frozenset(\n    {{\n{_items(strict, 8)}    }}\n)\n"
    )


def _modules() -> list[tuple[str, ModuleType]]:
    names = sorted(found.name for found in pkgutil.iter_modules(checks.__path__))
    return [(name.replace("_", "-"), import_module(f"{checks.__name__}.{name}")) for name in names]


def _subjects(module: ModuleType) -> tuple[type, ...]:
    annotation = module.check_operation.__annotations__["operation"]
    return get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)


def _entries(found: dict[str, list[str]]) -> str:
    return "".join(f'    "{name}": {_tuple(rules)},\n' for name, rules in found.items())


def _tuple(rules: list[str]) -> str:
    match rules:
        case []:
            return "()"
        case [only]:
            return f'("{only}",)'
        case _:
            return f"(\n{_items(rules, 8)}    )"


def _items(rules: list[str], indent: int) -> str:
    return "".join(f'{" " * indent}"{rule}",\n' for rule in rules)
