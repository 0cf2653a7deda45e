"""The tree that a plan is released into, with what is the plan's own told apart."""

from migsafe.ledger.released import Released
from migsafe.model.errors import RefusedError
from migsafe.model.migration import Migration, Tree
from migsafe.model.plan import Plan
from migsafe.model.record import record
from migsafe.sources.convention import Convention, Options, convention_named
from migsafe.sources.files import Files
from migsafe.sources.plans import tree as plans
from migsafe.sources.plans.matching import Match, matcher


@record
class Around:
    """The tree that a plan is released into: all of it, and without what is the plan's."""

    tree: Tree
    convention: Convention
    sources: tuple[Migration, ...]
    others: tuple[Migration, ...]
    own: tuple[Match, ...]


def around(plan: Plan, released: Released, options: Options) -> Around:
    """Return the runner's tree, with the plan's own migrations told apart.

    Raises:
        RefusedError: If the tree cannot be read.
    """
    source = plan.sources[0]
    convention = convention_named(plan.convention)
    if convention is None:
        raise RefusedError(
            f"no convention is called '{plan.convention}'",
            help="Use the version of migsafe that wrote the plan.",
        )
    tree = plans.tree_around(source.path, plan.convention, Files(), options)
    mentioned = {each.revision for each in plan.sources}
    recorded = frozenset(released.migrations)
    matched = matcher((plan,))
    sources: list[Migration] = []
    others: list[Migration] = []
    own: list[Match] = []
    for migration in tree.migrations:
        found = matched(migration)
        if migration.id in mentioned:
            sources.append(migration)
        elif isinstance(found, Match):
            own.append(found)
        elif migration.id not in recorded:
            others.append(migration)
    return Around(tree, convention, tuple(sources), tuple(others), tuple(own))
