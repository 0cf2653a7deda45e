"""Options in brackets: `WITH (fillfactor = 70)`."""

from collections.abc import Iterable

from migsafe.model.operations import Option
from migsafe.parsers.postgres import canonical, pb
from migsafe.parsers.postgres.names import strings


def read(nodes: Iterable[pb.Node]) -> tuple[Option, ...]:
    """Return the options of a list as written: names folded, values as text."""
    return tuple([_option(node.def_elem) for node in nodes])


def _option(element: pb.DefElem) -> Option:
    name = element.defname
    if element.defnamespace:
        name = f"{element.defnamespace}.{name}"
    return Option(name, value(element))


def value(element: pb.DefElem) -> str | None:
    """Return an option's value as text, without quotes; None if it stands alone."""
    if not element.HasField("arg"):
        return None
    return text(element.arg)


def text(node: pb.Node) -> str:
    """Return the text of a value as the server would see it."""
    match node.WhichOneof("node"):
        case "string":
            return str(node.string.sval)
        case "integer":
            return str(node.integer.ival)
        case "float":
            return str(node.float.fval)
        case "boolean":
            return "true" if node.boolean.boolval else "false"
        case "type_name":
            return canonical.type_name(node.type_name)
        case "list":
            return ", ".join(text(item) for item in node.list.items)
        case "a_const" if node.a_const.HasField("sval"):
            return str(node.a_const.sval.sval)
        case "a_star":
            return "*"
        case _:
            return canonical.expression(node)


def flag(elements: Iterable[pb.Node], name: str) -> bool:
    """Return whether a boolean option is given and on."""
    for node in elements:
        if node.def_elem.defname == name:
            given = value(node.def_elem)
            return given is None or given.lower() not in {"false", "off", "0", "no"}
    return False


def find(elements: Iterable[pb.Node], name: str) -> pb.DefElem | None:
    """Return the option of a name."""
    for node in elements:
        if node.def_elem.defname == name:
            return node.def_elem
    return None


def names(element: pb.DefElem) -> tuple[str, ...]:
    """Return the parts of an option whose value is a dotted name."""
    return strings(element.arg.list.items)
