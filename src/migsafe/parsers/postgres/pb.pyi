from _typeshed import Incomplete

# As postgast's own stub, which is not valid Python, is read: every name is Any.
def __getattr__(name: str) -> Incomplete: ...
