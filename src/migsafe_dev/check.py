"""`python -m migsafe_dev check`: everything that must hold before a change lands."""

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_BIN = Path(sys.executable).parent
_STEPS = (
    ("lint", (_BIN / "ruff", "check", ".")),
    ("format", (_BIN / "ruff", "format", "--check", ".")),
    ("types", (_BIN / "mypy",)),
    ("imports", (_BIN / "lint-imports",)),
    ("generated files", (sys.executable, "-m", "migsafe_dev", "sync", "--check")),
    ("tests", (sys.executable, "-m", "pytest", "-q")),
)


def main(arguments: list[str]) -> int:
    """Run every check and return 0 if all passed; `arguments` are not used."""
    del arguments
    failed = [name for name, command in _STEPS if not _passes(name, command)]
    if not _wheel_works():
        failed.append("wheel")
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall checks passed")
    return 1 if failed else 0


def _passes(name: str, command: tuple[str | Path, ...]) -> bool:
    print(f"\n== {name}", flush=True)
    start = time.monotonic()
    status = subprocess.run(command, cwd=_ROOT, check=False).returncode
    print(f"-- {name}: {'passed' if status == 0 else 'FAILED'}, {time.monotonic() - start:.0f} s")
    return status == 0


def _wheel_works() -> bool:
    """Build the wheel, install it into a clean environment, lint and plan with it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        build = (sys.executable, "-m", "build", "-o", home / "dist", ".")
        if not _passes("build", build):
            return False
        wheel = next((home / "dist").glob("*.whl"))
        venv.create(home / "clean", with_pip=True)
        scripts = home / "clean" / _BIN.name
        pip = (scripts / "pip", "install", "-q", "-c", _ROOT / "constraints.txt", wheel)
        migration = _ROOT / "fixtures" / "sql" / "rename" / "0002_rename_email.sql"
        command = scripts / "migsafe"
        explains = (command, "explain", "drop-column")
        plans = (command, "plan", migration)
        return (
            _passes("wheel installs", pip)
            and _passes("wheel explains", explains)
            and _passes("wheel plans", plans)
        )
