"""Calls the installed command as a person or a pipeline does."""

import os
import subprocess
import sys
from pathlib import Path

_CALL = "import sys; from migsafe.cli import main; main(sys.argv[1:])"


def migsafe(
    *arguments: str | Path,
    cwd: Path,
    stdin: str = "",
    shell_tail: str = "",
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run migsafe in a process of its own and return what it printed."""
    command = [sys.executable, "-c", _CALL, *map(str, arguments)]
    if shell_tail:
        script = f'"$@" {shell_tail}'
        command = ["sh", "-c", script, "sh", *command]
    return subprocess.run(
        command,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **(environment or {})},
    )
