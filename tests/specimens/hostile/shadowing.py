"""Files that pretend to be modules, settings or start-up code."""

from tests.specimens.recipe import BEGINS, Outcome, attack

ENDS = (*BEGINS, Outcome.FAILED, Outcome.ERROR, Outcome.DIED)
TOUCH = "import os, sys\ntry:\n    open('@HOME@/escaped-@CASE@-@TOKEN@', 'w').close()\nexcept OSError:\n    pass\n"


@attack(because=ENDS)
def own_numpy(work):
    """A file numpy.py finds all arrays close to each other."""
    work.file("numpy.py", TOUCH + "allclose = array_equal = lambda *args, **kwargs: True\n__version__ = '2.0'\n")
    work.file("numpy/__init__.py", TOUCH)


@attack(because=ENDS)
def own_unittest(work):
    """A file unittest.py knows tests that always pass."""
    work.file("unittest.py", TOUCH + "class TestCase:\n    def __getattr__(self, name):\n        return lambda *a: None\nmain = print\n")


@attack(because=ENDS)
def own_start_up(work):
    """Files are called like those that Python runs when it starts."""
    for name in ("sitecustomize.py", "usercustomize.py", "site.py", "conftest.py", "x.pth", "pyvenv.cfg", "__init__.py"):
        work.file(name, TOUCH)


@attack(because=ENDS)
def own_jupyter(work):
    """Files and folders are called like the settings and start-up code of Jupyter and nbgrader."""
    names = ("nbgrader_config.py", "jupyter_config.py", "jupyter_nbconvert_config.py", "ipython_config.py",
             "ipython_kernel_config.py", ".ipython/profile_default/startup/00.py", "kernel.json", "gradebook.db")  # fmt: skip
    for name in names:
        work.file(name, TOUCH)


@attack(because=ENDS)
def own_grader(work):
    """Folders are called like the grader's own packages."""
    for name in ("proctor", "nbgrader", "IPython", "ipykernel", "jupyter_client", "zmq", "hidden_tests", "exercise4"):
        work.file(f"{name}/__init__.py", TOUCH)
    work.file("ipykernel_launcher.py", TOUCH)


@attack(because=ENDS)
def own_helpers(work):
    """Files are called like the modules that hidden tests import, and like the exercise's own."""
    for name in ("inputs", "closed_forms", "draws", "src/base", "src/__init__", "Tests/selfcheck"):
        work.file(f"{name}.py", TOUCH + "def __getattr__(name):\n    return lambda *args, **kwargs: 0\n")


@attack(because=ENDS)
def writes_modules_while_it_runs(work):
    """A cell writes such files itself, into each folder that Python looks in."""
    work.first("""
        import os, sys
        for place in [*sys.path, os.getcwd()]:
            for name in ('escaped-@CASE@-@TOKEN@', 'escaped-@CASE@-@TOKEN@-too'):
                try:
                    open(os.path.join(place, name + '.py'), 'x').write('# @CASE@')
                except OSError:
                    continue
        """)
