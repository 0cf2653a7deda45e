"""Views."""

from migsafe.model.operations import CreateView, RefreshView
from migsafe.parsers.postgres import options, pb, queries
from migsafe.parsers.postgres.names import relation, strings
from migsafe.parsers.postgres.source import Operations, Source
from migsafe.parsers.postgres.tables import is_temporary

_CHECK_OPTIONS: dict[int, str] = {
    pb.LOCAL_CHECK_OPTION: "WITH LOCAL CHECK OPTION",
    pb.CASCADED_CHECK_OPTION: "WITH CASCADED CHECK OPTION",
}


def create(node: pb.Node, source: Source) -> Operations:
    """Return CREATE VIEW."""
    del source
    view = node.view_stmt
    return (
        CreateView(
            relation(view.view),
            queries.read(view.query),
            strings(view.aliases),
            view.replace,
            temporary=is_temporary(view.view),
            options=options.read(view.options),
            tail=_CHECK_OPTIONS.get(view.with_check_option, ""),
        ),
    )


def refresh(node: pb.Node, source: Source) -> Operations:
    """Return REFRESH MATERIALIZED VIEW."""
    del source
    statement = node.refresh_mat_view_stmt
    return (
        RefreshView(relation(statement.relation), statement.concurrent, not statement.skip_data),
    )
