"""The command line: parse, call one function, print one string, exit.

One module a command, found by its name and imported only when it is called.
"""

import gc

# What a run imports and reads lives until it ends: looking for garbage in it each 700
# objects costs up to a tenth of the time, of the imports too, and frees next to nothing.
gc.set_threshold(500_000, 20, 50)

import os  # noqa: E402
import pkgutil  # noqa: E402
import sys  # noqa: E402
from importlib import import_module  # noqa: E402

import click  # noqa: E402

from migsafe import __version__  # noqa: E402
from migsafe.model.errors import Exit, MigsafeError, UsageError  # noqa: E402

_BROKEN_PIPE = 141
_INTERRUPTED = 130


class _Commands(click.Group):
    """Commands as modules of this package: `lint` is `migsafe.cli.lint.command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        del ctx
        return sorted(
            module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_"
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing only its module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{__name__}.{cmd_name}")
        command = module.command
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.command is no command")
        _lay_out(command)
        return command


def _lay_out(command: click.Command) -> None:
    r"""Let `\b` keep the lines of a paragraph, as click does: raw docstrings spell it out."""
    if command.help is not None:
        command.help = command.help.replace("\\b\n", "\b\n")
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _lay_out(each)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 clean or open, 1 findings or gate shut, 2 usage or unreadable "
    "input, 3 inconclusive, 70 a bug in migsafe.",
)
@click.version_option(__version__, prog_name="migsafe")
def cli() -> None:
    """Lint, plan and gate database migrations so that a deploy can always go back."""


def main(arguments: list[str] | None = None) -> None:
    """Run migsafe and exit with its status; an error that people can mend is one message."""
    try:
        status = cli.main(arguments, prog_name="migsafe", standalone_mode=False)
        sys.stdout.flush()
    except MigsafeError as error:
        status = error.exit
        _complain(error)
    except click.exceptions.Exit as stop:
        status = stop.exit_code
    except click.Abort:
        status = _INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        status = Exit.USAGE
        click.echo(error.format_message(), err=True)
    except click.ClickException as error:
        status = Exit.USAGE
        click.echo(f"error: {error.format_message()}", err=True)
        click.echo("  help: Run 'migsafe --help' or 'migsafe COMMAND --help'.", err=True)
    except BrokenPipeError:
        # The reader has gone; the interpreter must not complain while it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = _BROKEN_PIPE
    except OSError as error:
        status = Exit.USAGE
        what = error.strerror or str(error)
        _complain(UsageError(f"the system said: {what}", path=str(error.filename or "")))
    except Exception:  # noqa: BLE001  the one place where a bug becomes an exit status
        import traceback  # noqa: PLC0415

        traceback.print_exc()
        click.echo("error: this is a bug in migsafe; please report it with the above", err=True)
        status = Exit.BUG
    sys.exit(int(status or 0))


def _complain(error: MigsafeError) -> None:
    from migsafe.render import plain  # noqa: PLC0415  most runs have nothing to complain of

    place = error.path + (f":{error.line}" if error.path and error.line else "")
    kind = "error: " if error.exit else ""
    click.echo(f"{kind}{f'{plain(place)}: ' if place else ''}{plain(error.message)}", err=True)
    if error.help:
        click.echo(f"  help: {plain(error.help)}", err=True)
