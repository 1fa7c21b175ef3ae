"""Objects of a hidden test as the student's code sees them: each use of one is a request to the grader.

The form of one is ``["o", number, traits]``; the traits say what can be done with it: "call" (with its name and the
parameters of a function), "next" (an iterator), and which names are plain attributes ("fields").
"""

import inspect


class Callback:
    """An object of the test's."""

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


class FunctionCallback(Callback):
    """A function of the test's, with its name and signature."""

    def __init__(self, server, number, traits):
        super().__init__(server, number, traits)
        self.__name__ = self.__qualname__ = str(traits.get("name", "function"))
        if traits.get("parameters") is not None:
            self.__signature__ = inspect.Signature(
                [
                    inspect.Parameter(name, kind, default=None if optional else inspect.Parameter.empty)
                    for name, kind, optional in traits["parameters"]
                ]
            )

    def __call__(self, *args, **named):
        return self._ask("__call__", *args, **named)


class IteratorCallback(Callback):
    """An iterator of the test's, asked for one value after the other."""

    def __iter__(self):
        return self

    def __next__(self):
        return self._ask("__next__")


def callback(server, number, traits):
    """Return the object for a form's rest."""
    kind = IteratorCallback if traits.get("next") else FunctionCallback if traits.get("call") else Callback
    return kind(server, number, traits)
