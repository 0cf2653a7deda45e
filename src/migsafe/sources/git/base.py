"""What a change is compared with: a revision that was named, or what the default branch holds."""

import os
from collections.abc import Mapping, Sequence

from migsafe.model.errors import UsageError
from migsafe.model.record import record, replace
from migsafe.sources.files import Files
from migsafe.sources.git import PUSHED, PUSHED_TO
from migsafe.sources.git.repository import Change, Repository

_TRUNKS = ("main", "master")
_DEEPEN = (
    "Fetch the history: git fetch --unshallow; in CI fetch-depth: 0 (GitHub) or GIT_DEPTH: 0 "
    "(GitLab)."
)


@record
class Base:
    """The commit at which a change began, and what people call that which lacks it.

    `end` is the commit that the change leads to, None where that is the working tree.
    """

    name: str
    commit: str
    end: str | None = None


@record
class Since:
    """A repository, the commit at which a change in it began, and where that leads."""

    repository: Repository
    base: Base

    @property
    def before(self) -> Files:
        """The files as they stood then."""
        return self.repository.at(self.base.commit)

    @property
    def now(self) -> Files:
        """The files as the change leaves them."""
        return Files() if self.base.end is None else self.repository.at(self.base.end)

    def changes(self) -> tuple[Change, ...]:
        """Return the files that differ, sorted.

        Raises:
            UsageError: If git refuses.
        """
        return self.repository.changes(self.base.commit, self.base.end)

    def lost(self) -> dict[str, str]:
        """Return the submodules that lack a commit of the change, by directory."""
        ends = (self.base.commit, *([] if self.base.end is None else [self.base.end]))
        return {
            directory: id_ for end in ends for directory, id_ in self.repository.lost(end).items()
        }


def named(repository: Repository, name: str) -> Base:
    """Return where the working tree parted from a revision.

    Args:
        repository: The checkout.
        name: The revision; `main` stands for `origin/main` where there is no other.

    Raises:
        UsageError: If there is no such revision, or this clone knows no commit of both.
    """
    return _parted(repository, (name, f"origin/{name}"), name)


def by_default(repository: Repository, environment: Mapping[str, str] = os.environ) -> Base | None:
    """Return where a change began that nobody named a revision for.

    A pre-push hook and a pipeline for a merge request say it themselves; else it is what the
    default branch holds, as far as this clone has heard. None: nothing here is older than
    anything else, because there is one branch and no remote, or no commit yet.

    Raises:
        UsageError: If what was said is not here, or if it cannot be known in a shallow clone.
    """
    if repository.head is None:
        return None
    found = pushed(repository, environment) or _merging(repository, environment)
    if found is not None:
        return found
    refs = _refs(repository)
    trunk = _trunk(repository, refs)
    is_all = len(refs) == 1 and trunk is not None and repository.branch() == trunk
    if trunk is not None and not is_all:
        return _parted(repository, (trunk,), trunk)
    if repository.is_shallow and not is_all:
        raise UsageError(
            "this clone is shallow and holds no default branch: nobody knows what is new",
            help=f"{_DEEPEN} Or say --since REF, or --all.",
        )
    return None


def default_branch(repository: Repository) -> str | None:
    """Return the default branch as people write it, that of the remote where there is one."""
    return _trunk(repository, _refs(repository))


def _refs(repository: Repository) -> dict[str, str]:
    """Return the branches, here and of remotes; the name is that of another one, or empty."""
    printed = repository.git.get(
        "for-each-ref", "--format=%(refname) %(symref)", "refs/heads", "refs/remotes"
    )
    return dict(line.split(" ", 1) for line in os.fsdecode(printed).split("\n") if line)


def _trunk(repository: Repository, refs: Mapping[str, str]) -> str | None:
    own = repository.git.ask("config", "--get", "init.defaultBranch").line
    trunks = tuple(dict.fromkeys((*_TRUNKS, *([own] if own else []))))
    remotes = dict.fromkeys(name.split("/")[2] for name in refs if name.startswith("refs/remotes/"))
    for remote in sorted(remotes, key=lambda each: (each != "origin", each)):
        head = refs.get(f"refs/remotes/{remote}/HEAD", "")
        # A branch that was renamed at the remote leaves a head that points nowhere.
        if head in refs:
            return head.removeprefix("refs/remotes/")
        for trunk in trunks:
            if f"refs/remotes/{remote}/{trunk}" in refs:
                return f"{remote}/{trunk}"
    return next((trunk for trunk in trunks if f"refs/heads/{trunk}" in refs), None)


def pushed(repository: Repository, environment: Mapping[str, str] = os.environ) -> Base | None:
    """Return where a push begins and what it leads to, as pre-commit tells its hooks.

    None outside of a push.

    Raises:
        UsageError: If one of both is not here.
    """
    begin, end = environment.get(PUSHED), environment.get(PUSHED_TO)
    if not begin:
        return None
    tip = repository.commit(end) if end else repository.head
    if end and tip is None:
        raise UsageError(
            f"git knows no revision '{end}' here, and that is what is pushed",
            help=f"Set {PUSHED_TO} to a commit of this clone.",
        )
    base = _parted(repository, (begin,), begin[:12], tip)
    return base if tip == repository.head else replace(base, end=tip)


def _merging(repository: Repository, environment: Mapping[str, str]) -> Base | None:
    """Return where a merge request begins, as its pipeline says."""
    for variable in ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "GITHUB_BASE_REF"):
        branch = environment.get(variable)
        if branch:
            exact = environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA")
            names = (*([exact] if exact else []), f"origin/{branch}", branch)
            return _parted(repository, names, branch)
    return None


def _parted(
    repository: Repository, candidates: Sequence[str], label: str, tip: str | None = None
) -> Base:
    """Return where a commit, by default the one that is checked out, parted from a revision."""
    head = tip or repository.head
    if head is None:
        raise UsageError(
            "this branch has no commit yet, so that everything is new",
            help="Say --all, or commit first.",
        )
    for candidate in candidates:
        commit = repository.commit(candidate)
        if commit is None:
            continue
        base = repository.merge_base(commit, head)
        if base is None:
            raise _no_base(repository, label)
        return Base(candidate if candidate.endswith(label) else label, base)
    shallow = f" {_DEEPEN}" if repository.is_shallow else ""
    raise UsageError(
        f"git knows no revision '{label}' here",
        help=f"Fetch it: git fetch origin {label}.{shallow}",
    )


def _no_base(repository: Repository, label: str) -> UsageError:
    if repository.is_shallow:
        return UsageError(
            f"this clone is shallow: it ends before the commit at which HEAD and '{label}' parted",
            help=_DEEPEN,
        )
    return UsageError(
        f"HEAD and '{label}' have no commit in common",
        help="Name a revision of the same history.",
    )
