"""Lists, dicts and sets of a hidden test that the student's code keeps, and may change after it was called with them."""

import sys
from contextlib import suppress

from .frames import FormatError
from .kinds import MUTABLE, change
from .values import state_of

MAX_KEPT, MAX_LENGTH = 100, 1_000
"""Arguments that are watched; the length of each."""


class KeptArguments:
    """The arguments of a criterion's calls that are watched for changes, each with its state when it was last told."""

    def __init__(self):
        self._watched = []

    def keep(self, args, references):
        """Watch those of a call's arguments to which there are more references than before it.

        Returns:
            For each of them its number in the call, and the one that it has from now on.
        """
        numbers = []
        for number, (arg, count) in enumerate(zip(args, references, strict=True)):
            can_change = type(arg) in MUTABLE and len(arg) <= MAX_LENGTH and len(self._watched) < MAX_KEPT
            if can_change and sys.getrefcount(arg) > count:
                numbers.append([number, len(self._watched)])
                self._watched.append((arg, state_of(arg)))
        return numbers

    def changed(self):
        """Return the arguments that are no longer as they were told; the number of each is negative, from -1 on."""
        found = []
        for number, (arg, state) in enumerate(self._watched):
            with suppress(FormatError):  # it has become too large to be told
                if (now := state_of(arg)) != state:
                    self._watched[number] = arg, now
                    found.append([-1 - number, arg])
        return found

    def update(self, number, value):
        """Give an argument the content that the test has given to its own."""
        arg, _ = self._watched[number]
        change(arg, value)
        self._watched[number] = arg, state_of(arg)
