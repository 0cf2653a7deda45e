"""Makes git repositories for tests."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_IDENTITY = (
    "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgSign=false",
    "-c", "tag.gpgSign=false", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always",
    "-c", "core.autocrlf=false", "-c", "core.hooksPath=/dev/null",
)  # fmt: skip


class Checkout:
    """A git repository with a working tree."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def made(cls, path: Path) -> "Checkout":
        path.mkdir(parents=True, exist_ok=True)
        checkout = cls(path)
        checkout.git("init", "-q", "-b", "main")
        return checkout

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *_IDENTITY, *arguments],
            cwd=self.path,
            capture_output=True,
            check=False,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        )
        assert done.returncode == 0, os.fsdecode(done.stderr)
        return os.fsdecode(done.stdout).strip()

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="")

    def commit(self, files: Mapping[str, str] | None = None, message: str = "change") -> str:
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def clone(self, path: Path, *options: str) -> "Checkout":
        self.git("clone", "-q", *options, self.path.as_uri(), str(path))
        return Checkout(path)
