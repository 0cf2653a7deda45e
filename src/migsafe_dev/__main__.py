"""`python -m migsafe_dev <command> …`: each module beside this one is a command.

A command's `main` takes the arguments that follow its name and returns the exit status.
"""

import sys
from importlib import import_module
from pkgutil import iter_modules

import migsafe_dev


def commands() -> list[str]:
    """Return the names of the commands."""
    found = iter_modules(migsafe_dev.__path__)
    return [one.name for one in found if not one.ispkg and not one.name.startswith("_")]


def main(arguments: list[str]) -> int:
    """Run a command and return its exit status."""
    if not arguments or arguments[0] not in commands():
        print(f"usage: python -m migsafe_dev {{{','.join(commands())}}} …", file=sys.stderr)
        return 2
    status = import_module(f"migsafe_dev.{arguments[0]}").main(arguments[1:])
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
