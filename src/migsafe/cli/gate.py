"""`migsafe gate`."""

import json

import click

from migsafe.cli._common import common, common_options, read, today
from migsafe.gating.migrations import stage_one
from migsafe.lint import Options, lint
from migsafe.model.errors import Exit, UsageError
from migsafe.model.verdict import StageVerdict, Verdict

_STATUS = {
    Verdict.SAFE: Exit.OK,
    Verdict.UNSAFE: Exit.FINDINGS,
    Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
}
