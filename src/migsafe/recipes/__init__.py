"""REMEDY: which deploys get there safely. One module an intent; they do not know each other.

A module with a `RANK` is a recipe: `recognise(pending)` yields what it finds among the
operations that no recipe before it took, `recipe(intent, situation)` the deploys for it.
`notes(intent, situation)`, where a module has it, yields what the reader of the plan must know.
"""
