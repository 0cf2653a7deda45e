"""Canonical spelling: what the grammar's own deparser writes for a node."""

from collections.abc import Iterable

from migsafe.parsers.postgres import pb
from migsafe.parsers.postgres.library import PgQueryError, deparse
from migsafe.parsers.postgres.source import Source
from migsafe.writing.quoting import identifier

_RELATION = pb.RangeVar(relname="x", inh=True, relpersistence="p")

# What most functions return: no need to ask the deparser.
_PSEUDO_TYPES = frozenset({"event_trigger", "trigger", "void"})


def _text(tree: pb.ParseResult, prefix: str) -> str:
    text: str = deparse(tree)
    if not text.startswith(prefix):
        # The prefix is ours and holds plain names only: this is a bug, not bad input.
        raise AssertionError(text)
    return text[len(prefix) :].strip()


def statement(source: Source) -> str:
    """Return the canonical text of a whole statement, its own text if there is none."""
    try:
        tree = source.tree
        if tree is None:
            tree = pb.ParseResult(stmts=[source.statement])
        text: str = deparse(tree)
    except PgQueryError:
        return own(source)
    return text


def own(source: Source) -> str:
    """Return a statement's own text."""
    return source.text[source.start : source.end].strip().removesuffix(";").rstrip()


def node(stmt: pb.Node) -> str:
    """Return the canonical text of a statement that stands inside another."""
    text: str = deparse(pb.ParseResult(stmts=[pb.RawStmt(stmt=stmt)]))
    return text


def expression(value: pb.Node) -> str:
    """Return the canonical text of an expression."""
    tree = pb.ParseResult()
    tree.stmts.add().stmt.select_stmt.target_list.add().res_target.val.CopyFrom(value)
    return _text(tree, "SELECT ")


def collation(names: Iterable[pb.Node]) -> str:
    """Return a collation's name as SQL, quoted where it must be."""
    clause = pb.CollateClause(collname=names)
    clause.arg.column_ref.fields.add().string.sval = "x"
    return expression(pb.Node(collate_clause=clause)).removeprefix("x COLLATE ")


def operator_class(element: pb.IndexElem) -> str:
    """Return an operator class with its options, as SQL."""
    index = pb.IndexStmt(relation=_RELATION, access_method="btree")
    index.index_params.add().index_elem.CopyFrom(
        pb.IndexElem(name="x", opclass=element.opclass, opclassopts=element.opclassopts)
    )
    text = node(pb.Node(index_stmt=index))
    return text[text.index("(x ") + 3 : text.rindex(")")]


def partition_bound(bound: pb.PartitionBoundSpec) -> str:
    """Return `FOR VALUES …` or `DEFAULT`."""
    tree = pb.ParseResult()
    create = tree.stmts.add().stmt.create_stmt
    create.relation.CopyFrom(_RELATION)
    create.inh_relations.add().range_var.CopyFrom(_RELATION)
    create.partbound.CopyFrom(bound)
    return _text(tree, "CREATE TABLE x PARTITION OF x ")


def partitioning(spec: pb.PartitionSpec) -> str:
    """Return what stands after PARTITION BY."""
    tree = pb.ParseResult()
    create = tree.stmts.add().stmt.create_stmt
    create.relation.CopyFrom(_RELATION)
    create.partspec.CopyFrom(spec)
    return _text(tree, "CREATE TABLE x () PARTITION BY ")


def table_tail(create: pb.CreateStmt) -> str:
    """Return USING, ON COMMIT and TABLESPACE of a CREATE TABLE."""
    words = []
    # One at a time: the deparser joins USING and ON COMMIT without a space.
    if create.access_method:
        words.append(_bare_table(access_method=create.access_method))
    if create.oncommit > pb.ONCOMMIT_NOOP:
        words.append(_bare_table(oncommit=create.oncommit))
    if create.tablespacename:
        words.append(_bare_table(tablespacename=create.tablespacename))
    return " ".join(words)


def _bare_table(
    access_method: str = "",
    oncommit: pb.OnCommitAction = pb.ONCOMMIT_NOOP,
    tablespacename: str = "",
) -> str:
    create = pb.CreateStmt(
        relation=_RELATION,
        access_method=access_method,
        oncommit=oncommit,
        tablespacename=tablespacename,
    )
    tree = pb.ParseResult()
    tree.stmts.add().stmt.create_stmt.CopyFrom(create)
    return _text(tree, "CREATE TABLE x ()")


def into_tail(into: pb.IntoClause) -> str:
    """Return USING, WITH, ON COMMIT and TABLESPACE of a CREATE TABLE AS."""
    tree = pb.ParseResult()
    created = tree.stmts.add().stmt.create_table_as_stmt
    created.objtype = pb.OBJECT_TABLE
    created.into.CopyFrom(into)
    created.into.rel.CopyFrom(_RELATION)
    created.into.skip_data = False
    del created.into.col_names[:]
    created.query.select_stmt.SetInParent()
    return _text(tree, "CREATE TABLE x").removesuffix("AS SELECT").strip()


def constraint(definition: pb.Constraint, prefix: str) -> str:
    """Return a table constraint's text after its name and `prefix`, deferral left out."""
    tree = pb.ParseResult()
    alter = tree.stmts.add().stmt.alter_table_stmt
    alter.objtype = pb.OBJECT_TABLE
    alter.relation.CopyFrom(_RELATION)
    command = alter.cmds.add().alter_table_cmd
    command.subtype = pb.AT_AddConstraint
    copied = getattr(command, "def").constraint
    copied.CopyFrom(definition)
    copied.conname = ""
    copied.deferrable = copied.initdeferred = False
    copied.skip_validation = False
    return _text(tree, f"ALTER TABLE x ADD {prefix}")


def sequence_options(options: Iterable[pb.Node]) -> str:
    """Return sequence options as CREATE SEQUENCE writes them."""
    tree = pb.ParseResult()
    create = tree.stmts.add().stmt.create_seq_stmt
    create.sequence.CopyFrom(_RELATION)
    create.options.extend(options)
    return " ".join(_text(tree, "CREATE SEQUENCE x").split())


def identity_options(options: Iterable[pb.Node]) -> str:
    """Return sequence options as ALTER COLUMN writes them (`SET START 3 RESTART`)."""
    tree = pb.ParseResult()
    alter = tree.stmts.add().stmt.alter_table_stmt
    alter.objtype = pb.OBJECT_TABLE
    alter.relation.CopyFrom(_RELATION)
    command = alter.cmds.add().alter_table_cmd
    command.subtype = pb.AT_SetIdentity
    command.name = "x"
    items = getattr(command, "def").list.items
    items.extend(options)
    return " ".join(_text(tree, "ALTER TABLE x ALTER x").split())


def quote_parameters(parameters: Iterable[pb.Node]) -> None:
    """Quote the names of parameters where they must be: the deparser forgets to."""
    for item in parameters:
        parameter = item.function_parameter
        if parameter.name:
            parameter.name = identifier(parameter.name)


def quote_statistics(elements: Iterable[pb.Node]) -> None:
    """Quote the columns of CREATE STATISTICS: the deparser forgets to."""
    for item in elements:
        element = item.stats_elem
        if element.name:
            element.name = identifier(element.name)


def column_options(command: pb.AlterTableCmd) -> str:
    """Return the options of ALTER COLUMN … SET (…) or RESET (…), without brackets."""
    alter = pb.AlterTableStmt(relation=_RELATION, objtype=pb.OBJECT_TABLE)
    copied = alter.cmds.add().alter_table_cmd
    copied.CopyFrom(command)
    copied.name = "x"
    text = node(pb.Node(alter_table_stmt=alter))
    return text[text.index("(") + 1 : text.rindex(")")]


def arguments(routine: pb.ObjectWithArgs, kind: pb.ObjectType) -> str | None:
    """Return the argument list of a routine or operator, None where none was written."""
    if routine.args_unspecified:
        return None
    tree = pb.ParseResult()
    drop = tree.stmts.add().stmt.drop_stmt
    drop.remove_type = kind
    item = drop.objects.add().object_with_args
    item.CopyFrom(routine)
    quote_parameters(item.objfuncargs)
    del item.objname[:]
    if kind == pb.OBJECT_OPERATOR:
        item.objname.add().string.sval = "+"
    else:
        item.objname.add().string.sval = "x"
    text: str = deparse(tree)
    return text[text.index("(") + 1 : text.rindex(")")]


def parameters(routine: pb.CreateFunctionStmt) -> str:
    """Return the parameter list of CREATE FUNCTION, without brackets."""
    tree = pb.ParseResult()
    create = tree.stmts.add().stmt.create_function_stmt
    create.funcname.add().string.sval = "x"
    create.is_procedure = True
    create.parameters.extend(
        parameter
        for parameter in routine.parameters
        if parameter.function_parameter.mode != pb.FUNC_PARAM_TABLE
    )
    return _text(tree, "CREATE PROCEDURE x(").removesuffix(")")


def returns(routine: pb.CreateFunctionStmt) -> str | None:
    """Return what stands after RETURNS, None where nothing does."""
    if not routine.HasField("return_type"):
        return None
    named = routine.return_type.names
    if len(named) == 1 and named[0].string.sval in _PSEUDO_TYPES:
        return str(named[0].string.sval)
    tree = pb.ParseResult()
    create = tree.stmts.add().stmt.create_function_stmt
    create.funcname.add().string.sval = "x"
    create.return_type.CopyFrom(routine.return_type)
    create.parameters.extend(
        parameter
        for parameter in routine.parameters
        if parameter.function_parameter.mode == pb.FUNC_PARAM_TABLE
    )
    return _text(tree, "CREATE FUNCTION x() RETURNS ")


def type_name(name: pb.TypeName) -> str:
    """Return a type as the deparser writes it."""
    cast = pb.TypeCast(type_name=name)
    cast.arg.column_ref.fields.add().string.sval = "x"
    return expression(pb.Node(type_cast=cast)).removeprefix("x::")
