"""Partitions that take whatever fits nowhere else."""

from collections.abc import Iterator

from migsafe.context import Context
from migsafe.model.findings import Finding
from migsafe.model.operations import AttachPartition, CreateTable

PROFILE = "strict"


def check_operation(
    operation: CreateTable | AttachPartition, context: Context
) -> Iterator[Finding]:
    """Report a DEFAULT partition where it comes into being."""
    if isinstance(operation, CreateTable):
        partition, parent = operation.table, operation.partition_of
        bound = operation.partition_bound
    else:
        partition, parent, bound = operation.partition, operation.parent, operation.bound
    if parent is None or bound is None or bound.upper() != "DEFAULT":
        return
    yield context.finding(
        f"{partition} is the DEFAULT partition of {parent}: each partition that is attached later "
        f"reads all of {partition} while its reads and writes wait, and none of {parent} can be "
        "detached CONCURRENTLY.",
        help="Make partitions ahead of time, and let a row without one fail.",
        relations=(partition,),
    )
