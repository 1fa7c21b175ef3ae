"""The commands of `proctor`, a module each: add_arguments(parser) and run(args)."""


class Refusal(Exception):  # noqa: N818  a command says no; it is not a defect
    """A command cannot do what it was asked to; says in one line what is wrong, where, and what to do."""
