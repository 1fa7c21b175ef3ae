"""Files of a criterion on the student's side, which a hidden test writes and reads."""

import os
import shutil
import tempfile
import weakref

MAX_FILE = 2**24
"""Bytes of a file that are read."""


class Files:
    """A folder of a criterion's own, made when a file is first written and removed with this object."""

    def __init__(self):
        self.folder = None

    def write(self, name, content):
        """Write a file into the folder; return its path."""
        if self.folder is None:
            self.folder = tempfile.mkdtemp()
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def read(self, path):
        """Return the content of a file, wherever it is."""
        with open(path, "rb") as file:
            return file.read(MAX_FILE)
