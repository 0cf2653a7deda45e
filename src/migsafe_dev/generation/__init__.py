"""The grammar of the generated cases: schema × statement × state.

It knows syntax only: nothing here says what a statement costs or whether it succeeds.
"""
