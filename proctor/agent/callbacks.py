"""Objects of a hidden test as the student's code sees them: each use of one is a request to the grader.

The form of one is ``["o", number, traits]``; the traits say what can be done with it: "call" (with its name, docstring
and the parameters of a function), "next" (an iterator), which names are attributes rather than methods ("fields"), and
its special methods ("operators"). The name of its class is the test's own business.
"""

import functools
import inspect


class Callback:
    """An object of the test's."""

    __array_ufunc__ = None
    """An array leaves an operator to the object beside it."""

    def __init__(self, server, number, traits):
        self._server, self._number, self._fields = server, number, traits.get("fields", ())

    def _ask(self, name, /, *args, **named):
        return self._server.call_back(self._number, name, args, named)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._fields:
            return self._ask("__getattr__", name)
        return lambda *args, **named: self._ask(name, *args, **named)

    def __setattr__(self, name, value):
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self._ask("__setattr__", name, value)
            if name not in self._fields:
                self._fields = [*self._fields, name]


class FunctionCallback(Callback):
    """A function of the test's, with its name and signature."""

    def __init__(self, server, number, traits):
        super().__init__(server, number, traits)
        self.__name__ = self.__qualname__ = str(traits.get("name", "function"))
        self.__doc__ = traits.get("doc")
        if traits.get("parameters") is not None:
            self.__signature__ = inspect.Signature(
                [
                    inspect.Parameter(name, kind, default=None if optional else inspect.Parameter.empty)
                    for name, kind, optional in traits["parameters"]
                ]
            )

    def __call__(self, *args, **named):
        return self._ask("__call__", *args, **named)

    def __setattr__(self, name, value):
        """Keep an attribute that the student's code gives to a function."""
        object.__setattr__(self, name, value)


class IteratorCallback(Callback):
    """An iterator of the test's, asked for one value after the other."""

    def __iter__(self):
        return self

    def __next__(self):
        return self._ask("__next__")


def callback(server, number, traits):
    """Return the object for a form's rest."""
    base = IteratorCallback if traits.get("next") else FunctionCallback if traits.get("call") else Callback
    operators = [name for name in traits.get("operators", ()) if name not in vars(base)]
    kind = _with_operators(base, tuple(operators))
    return kind(server, number, traits)


@functools.lru_cache(maxsize=256)
def _with_operators(base, operators):
    return type(base.__name__, (base,), {operator: _operator(operator) for operator in operators})


def _operator(name):
    if name == "__exit__":

        def leave(self, kind, error, trace):
            return self._ask(name, *((kind.__name__, str(error)) if kind else (None, "")))

        return leave
    return lambda self, *args: self._ask(name, *args)
