"""The order of revisions, and what is wrong with it.

Source:
    alembic.script.revision: a revision runs after those in `down_revision` and
    `depends_on`; a tree has one head unless its branches are labelled.
"""

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from migsafe.model.migration import HistoryProblem
from migsafe.model.origin import Span
from migsafe.model.record import record


@record
class Node:
    """A revision as its header says.

    `span` is where `down_revision` (or what is wrong instead) stands in the file.
    """

    id: str
    path: str
    location: str
    down: tuple[str, ...]
    labels: tuple[str, ...]
    depends_on: tuple[str, ...]
    revision_span: Span
    down_span: Span


@record
class History:
    """Revisions in the order in which Alembic applies them."""

    order: tuple[str, ...]
    heads: tuple[str, ...]
    problems: tuple[HistoryProblem, ...]


def arranged(nodes: Sequence[Node], *, complete: bool = True) -> History:
    """Return revisions in order.

    Args:
        nodes: The revisions; ids are unique.
        complete: Whether these are all of the tree; if not, nothing is missing.
    """
    by_id = {node.id: node for node in nodes}
    problems = list(_missing(nodes, by_id)) if complete else []
    labels = {label: node.id for node in nodes for label in node.labels}
    edges = {
        node.id: tuple(
            dict.fromkeys(
                parent
                for each in (*node.down, *node.depends_on)
                if (parent := _resolved(each, by_id, labels)) is not None
            )
        )
        for node in nodes
    }
    order, cycle = _sorted(nodes, edges)
    if cycle:
        problems.append(_cycle_problem(cycle, edges, by_id))
    parents = {parent for node in nodes for parent in node.down}
    heads = tuple(node for node in order if node not in parents)
    if complete and not cycle:
        problems.extend(_fork_problems(heads, by_id))
    return History(tuple(order), heads, tuple(problems))


def _resolved(name: str, by_id: Mapping[str, Node], labels: Mapping[str, str]) -> str | None:
    if name in by_id:
        return name
    branch, at, rest = name.partition("@")
    if at:
        return _resolved(rest, by_id, labels) or labels.get(branch)
    if name in labels:
        return labels[name]
    # `depends_on` may shorten an id.
    found = [each for each in by_id if each.startswith(name)]
    return found[0] if len(found) == 1 else None


def _missing(nodes: Iterable[Node], by_id: Mapping[str, Node]) -> Iterable[HistoryProblem]:
    for node in nodes:
        for parent in node.down:
            if parent not in by_id:
                yield HistoryProblem(
                    node.path,
                    f"revision '{node.id}' stands on '{parent}', which is not there: Alembic "
                    "cannot run",
                    "Correct down_revision, or bring the missing revision back.",
                    node.down_span,
                )


def _sorted(
    nodes: Sequence[Node], edges: Mapping[str, tuple[str, ...]]
) -> tuple[list[str], list[str]]:
    """Return the ids in order, and those that a cycle keeps from having a place."""
    waiting = {key: len(parents) for key, parents in edges.items()}
    children: dict[str, list[str]] = {key: [] for key in edges}
    for key, parents in edges.items():
        for parent in parents:
            children[parent].append(key)
    # Among those that may come next the file's name decides: nothing else is stable.
    paths = {node.id: node.path for node in nodes}
    ready = [(paths[key], key) for key, count in waiting.items() if count == 0]
    heapify(ready)
    order = []
    while ready:
        _, key = heappop(ready)
        order.append(key)
        for child in children[key]:
            waiting[child] -= 1
            if waiting[child] == 0:
                heappush(ready, (paths[child], child))
    left = sorted(key for key, count in waiting.items() if count > 0)
    # They are still read, in some fixed order: a broken history hides no statement.
    order.extend(left)
    return order, left


def _cycle_problem(
    left: Sequence[str], edges: Mapping[str, tuple[str, ...]], by_id: Mapping[str, Node]
) -> HistoryProblem:
    among = set(left)
    here = left[0]
    walked: list[str] = []
    while here not in walked:
        walked.append(here)
        here = next(parent for parent in edges[here] if parent in among)
    cycle = walked[walked.index(here) :]
    start = cycle.index(min(cycle))
    cycle = cycle[start:] + cycle[:start]
    node = by_id[cycle[0]]
    shown = " -> ".join((*cycle, cycle[0]))
    return HistoryProblem(
        node.path,
        f"revisions stand on each other in a circle, so that Alembic cannot run: {shown}",
        "Correct the down_revision of one of them.",
        node.down_span,
    )


def _fork_problems(heads: Sequence[str], by_id: Mapping[str, Node]) -> Iterable[HistoryProblem]:
    if len(heads) < 2:  # noqa: PLR2004 - one head, or none, is no fork
        return
    lines = {head: _line(head, by_id) for head in heads}
    unlabelled = []
    for head in heads:
        others = set().union(*(lines[other] for other in heads if other != head))
        own = lines[head] - others
        # Separate trees in separate directories are several bases by design.
        apart = lines[head].isdisjoint(others) and all(
            by_id[other].location != by_id[head].location for other in heads if other != head
        )
        if not apart and not any(by_id[key].labels for key in own):
            unlabelled.append(head)
    if len(unlabelled) < 2:  # noqa: PLR2004 - the one without a label is the trunk
        return
    for head in unlabelled[1:]:
        node = by_id[head]
        yield HistoryProblem(
            node.path,
            f"several heads without a branch label: '{head}' and '{unlabelled[0]}'; "
            "'alembic upgrade head' refuses",
            f"Set its down_revision to the other head, or: alembic merge {head} {unlabelled[0]}",
            node.down_span,
        )


def _line(head: str, by_id: Mapping[str, Node]) -> set[str]:
    seen: set[str] = set()
    pending = [head]
    while pending:
        key = pending.pop()
        if key not in seen and key in by_id:
            seen.add(key)
            pending.extend(by_id[key].down)
    return seen
