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


@attack(because=ENDS)
def own_standard_library(work):
    """Files are called like the modules of Python's that an agent uses to talk."""
    for name in ("json", "struct", "socket", "array", "ast", "traceback", "signal", "resource", "ctypes", "threading"):
        work.file(f"{name}.py", TOUCH + "def __getattr__(name):\n    return lambda *args, **kwargs: b'\\0' * 8\n")


@attack(because=ENDS)
def own_scientific_packages(work):
    """Folders are called like SciPy and Matplotlib, and hold what the exercise imports of them."""
    for name in ("scipy/__init__", "scipy/signal", "scipy/ndimage", "matplotlib/__init__", "matplotlib/pyplot"):
        work.file(f"{name}.py", TOUCH + "def __getattr__(name):\n    return lambda *args, **kwargs: args[0]\n")
    work.first("import scipy.signal\nimport matplotlib.pyplot")


@attack(because=ENDS)
def own_compiled_modules(work):
    """Files are called like compiled modules, in each form that Python loads before the source."""
    for name in ("numpy.so", "src.so", "src/base.so", "_json.cpython-311-x86_64-linux-gnu.so", "unittest.abi3.so", "numpy.pyc",
                 "src/__pycache__/base.cpython-311.pyc", "__pycache__/numpy.cpython-311.pyc"):  # fmt: skip
        work.files[name] = b"\x7fELF\x02\x01\x01" + bytes(200)


@attack(because=ENDS)
def own_environment(work):
    """A folder has the form of a Python environment, with settings that lead to it."""
    site = "lib/python3.11/site-packages"
    for name in (f"{site}/sitecustomize.py", f"{site}/numpy/__init__.py", f"{site}/proctor/__init__.py", "bin/python", ".env", ".envrc"):
        work.file(name, TOUCH)
    work.file("pyvenv.cfg", "home = .\ninclude-system-site-packages = true\n")
    work.file(f"{site}/start.pth", "import os; open('@HOME@/escaped-@CASE@-@TOKEN@', 'w')\n")


@attack(because=ENDS)
def modules_replaced_while_it_runs(work):
    """A cell puts modules of its own where Python looks first, under the names of the grader's and of the tests'."""
    work.first("""
        import sys, types
        class Content(types.ModuleType):
            def __getattr__(self, name):
                return lambda *args, **kwargs: True
        for name in ('unittest', 'proctor', 'proctor.criteria', 'agent', 'agent.frames', 'agent.values', 'numpy.testing', 'json'):
            sys.modules[name] = Content(name)
        """)


@attack(because=ENDS)
def imports_answered_by_a_hook(work):
    """A cell answers every import that comes later with a module of its own."""
    work.first("""
        import importlib.abc, importlib.machinery, sys
        class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
            def find_spec(self, name, path, target=None):
                return importlib.machinery.ModuleSpec(name, self)
            def create_module(self, spec):
                return None
            def exec_module(self, module):
                module.__getattr__ = lambda name: lambda *args, **kwargs: True
        sys.meta_path.insert(0, Finder())
        sys.path_importer_cache.clear()
        """)


@attack(because=ENDS)
def import_replaced(work):
    """A cell replaces the function behind the import statement."""
    work.first("""
        import builtins
        honest = builtins.__import__
        def own(name, *args, **kwargs):
            module = honest(name, *args, **kwargs)
            for each in ('allclose', 'array_equal', 'isclose'):
                if hasattr(module, each):
                    setattr(module, each, lambda *a, **k: True)
            return module
        builtins.__import__ = own
        """)
