"""The project itself, as somebody gets it who installs from its repository."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PARTS = (
    "src", "rules", "pyproject.toml", "README.md", "LICENSE", "constraints.txt", "action.yml",
    ".pre-commit-hooks.yaml",
)  # fmt: skip


def copied_to(place: Path) -> Path:
    """Copy what is needed to install and run the project, as it stands in the work tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *_PARTS],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes((ROOT / name).read_bytes())
    return place
