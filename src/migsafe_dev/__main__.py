"""`python -m migsafe_dev <command>`: each module with a `main` is a command."""

import sys
from importlib import import_module
from pathlib import Path


def commands() -> list[str]:
    """Return the names of the commands: the modules beside this one."""
    return sorted(
        path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")
    )


def main(arguments: list[str]) -> int:
    """Run a command and return its exit status."""
    if not arguments or arguments[0] not in commands():
        print(f"usage: python -m migsafe_dev {{{','.join(commands())}}} …", file=sys.stderr)
        return 2
    status = import_module(f"migsafe_dev.{arguments[0]}").main(arguments[1:])
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
