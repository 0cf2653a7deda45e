"""Alembic's hook: the verdict on a revision while `alembic revision --autogenerate` makes it.

In env.py: `context.configure(…, process_revision_directives=process_revision_directives)`, or
`process_revision_directives=after(mine)` where there is a hook already.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from alembic.autogenerate import render
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from alembic.runtime.environment import ProcessRevisionDirectiveFn
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import template_to_file

from migsafe import config
from migsafe.lint import Options, lint
from migsafe.model.errors import UsageError
from migsafe.model.findings import Report
from migsafe.render import plain, text
from migsafe.sources import Request, load


def process_revision_directives(
    context: MigrationContext, revision: object, directives: list[MigrationScript]
) -> None:
    """Print on standard error what `migsafe lint` says of the revisions that are being made.

    The text that Alembic is about to write is judged, on the revisions that stand before it.
    Nothing that is wrong with it keeps Alembic from writing it.
    """
    del revision
    for directive in directives:
        if all(each.is_empty() for each in directive.upgrade_ops_list):
            continue
        try:
            said = text.render(_report(context, directive))
        except Exception as error:  # noqa: BLE001  whatever it is, the revision is still made
            said = f"migsafe could not judge this revision: {plain(str(error))}\n"
        sys.stderr.write(said)


def after(hook: ProcessRevisionDirectiveFn) -> ProcessRevisionDirectiveFn:
    """Return a hook that judges what another one has made of the directives."""

    def both(context: MigrationContext, revision: Any, directives: list[MigrationScript]) -> None:  # noqa: ANN401  Alembic does not export its type
        hook(context, revision, directives)
        process_revision_directives(context, revision, directives)

    return both


def _report(context: MigrationContext, directive: MigrationScript) -> Report:
    settings = config.load()
    spoken = context.dialect.name
    if settings.source is None and spoken != "postgresql":
        raise UsageError(
            f"the environment speaks {spoken}, and only PostgreSQL can be judged today; where that "
            'is what production runs, say dialect = "postgres" in migsafe.toml'
        )
    path, source = _written(context, directive)
    loaded = load(
        Request(
            ("-",),
            settings.dialect,
            settings.transaction,
            convention="alembic",
            stdin_text=source,
            stdin_filename=path,
            placeholders=settings.placeholders,
        )
    )
    options = Options(today=datetime.now(UTC).date())
    return lint(loaded.selections, settings, options, errors=loaded.errors)


class _WrittenError(Exception):
    """Carries the path and the text of a revision out of Alembic, which then writes nothing."""

    def __init__(self, path: str, source: str) -> None:
        super().__init__()
        self.path = path
        self.source = source


class _Unwritten(ScriptDirectory):
    """A script directory that makes revisions as Alembic does, and writes none."""

    @classmethod
    def like(cls, script: ScriptDirectory) -> Self:
        """Return one that knows what another one knows."""
        made = cls.__new__(cls)
        vars(made).update(vars(script))
        return made

    def _ensure_directory(self, path: str | os.PathLike[str]) -> None:
        pass

    def _generate_template(
        self,
        src: str | os.PathLike[str],
        dest: str | os.PathLike[str],
        **kw: Any,  # noqa: ANN401
    ) -> None:
        with TemporaryDirectory() as folder:
            page = Path(folder, "revision.py")
            template_to_file(src, page, self.output_encoding, **kw)
            raise _WrittenError(os.fspath(dest), page.read_text(self.output_encoding))


def _written(context: MigrationContext, directive: MigrationScript) -> tuple[str, str]:
    """Return the path and the text of the file that Alembic makes of a directive."""
    if context.script is None or directive.rev_id is None:
        raise UsageError("this environment has no script directory")
    arguments = dict(context.opts.get("template_args") or {"config": context.config})
    rendering = AutogenContext(context, autogenerate=False)
    rendering.imports = set(directive.imports)
    render._render_python_into_templatevars(rendering, directive, arguments)  # noqa: SLF001  its public sister loses the imports
    try:
        _Unwritten.like(context.script).generate_revision(
            directive.rev_id,
            directive.message,
            head=directive.head,
            splice=directive.splice,
            branch_labels=directive.branch_label,
            version_path=directive.version_path,
            depends_on=directive.depends_on,
            **arguments,
        )
    except _WrittenError as written:
        return written.path, written.source
    raise UsageError("this version of Alembic makes revisions in another way")
