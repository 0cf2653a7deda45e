"""`python -m migsafe_dev rule <id> <Operation> [--severity S] [--hazard H]`: begins a rule.

Writes its page and its check, the two files of a rule, so that they load. The tests of the page
bark until both say what the rule is about.
"""

import argparse
import re
import sys
from pathlib import Path

from migsafe import __version__
from migsafe.model import operations
from migsafe.model.findings import Hazard, Severity

ROOT = Path(__file__).parents[2]
_ID = re.compile(r"[a-z]+(?:-[a-z]+)*")

_PAGE = """\
# {id}

```toml
title = "{title}"
severity = "{severity}"
hazards = ["{hazard}"]
dialects = ["postgres"]
since = "{since}"
sources = ["https://www.postgresql.org/docs/18/sql-commands.html"]
```

Who waits or fails, on what, for how long; when it is fine.

## Bad

```sql
-- schema:
CREATE TABLE t (id bigint PRIMARY KEY);
-- migration:
SELECT 1; -- finding: {id}
```

```text
```

## Good

```sql
-- schema:
CREATE TABLE t (id bigint PRIMARY KEY);
-- migration:
SELECT 1;
```
"""

_CHECK = '''\
"""{title}."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import {operation}


def check_operation(operation: {operation}, context: Context) -> Iterator[Finding]:
    """Report …."""
    if not context.is_live(operation.table):
        return
    yield context.finding(
        "Object, lock or old statement: who waits or fails, and for how long.",
        help="One thing to do.",
        relations=(operation.table,),
    )
'''


def main(arguments: list[str]) -> int:
    """Write the two files, or say why not."""
    parser = argparse.ArgumentParser(prog="migsafe_dev rule")
    parser.add_argument("id")
    parser.add_argument("operation", help="a kind of model/operations.py: DropTable")
    parser.add_argument("--severity", choices=[str(one) for one in Severity], default="warning")
    parser.add_argument("--hazard", choices=[str(one) for one in Hazard], default="unknown")
    given = parser.parse_args(arguments)
    rule_id: str = given.id
    if not _ID.fullmatch(rule_id):
        print(f"{rule_id!r} is no id: words of small letters, joined by dashes", file=sys.stderr)
        return 2
    kinds = {kind.__name__ for kind in operations.Operation.__args__}
    if given.operation not in kinds:
        print(f"{given.operation!r} is no operation: {', '.join(sorted(kinds))}", file=sys.stderr)
        return 2
    words = {
        "id": rule_id,
        "title": rule_id.replace("-", " ").capitalize(),
        "severity": given.severity,
        "hazard": given.hazard,
        "since": ".".join(__version__.split(".")[:2]),
        "operation": given.operation,
    }
    files = {
        ROOT / "rules" / f"{rule_id}.md": _PAGE.format(**words),
        ROOT / f"src/migsafe/checks/{rule_id.replace('-', '_')}.py": _CHECK.format(**words),
    }
    for path in files:
        if path.exists():
            print(f"{path.relative_to(ROOT)} is there already", file=sys.stderr)
            return 2
    for path, text in files.items():
        path.write_text(text, "utf-8", newline="")
        print(f"wrote {path.relative_to(ROOT)}")
    print(f"next: pytest tests/rules -k {rule_id}; python -m migsafe_dev sync")
    return 0
