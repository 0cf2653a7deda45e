"""The operation kinds whose facts a case of fixtures/effects confirms."""

from pathlib import Path

from migsafe_dev.agreeing.confirming import confirming

PATH = Path(__file__).parents[2] / "migsafe" / "effects" / "confirmed.py"
_HEADER = '''\
"""The operation kinds whose facts a server has confirmed.

Written by `python -m migsafe_dev sync` from the cases of fixtures/effects; do not edit.
`python -m migsafe_dev facts` names the cases.
"""

'''


def text() -> str:
    """Return the text of the module."""
    lines = "".join(f'        "{kind}",\n' for kind, cases in confirming().items() if cases)
    return f"{_HEADER}KINDS = frozenset(\n    {{\n{lines}    }}\n)\n"
