"""Habits that are nobody's mistake."""

from tests.exercise4.mistakes import PARTS
from tests.specimens.recipe import BEGINS, CONV, Outcome, cells, dedent, fault, solution


@fault()
def moved_away(work):
    """A cell changes the working folder, after the work was saved with %%writefile."""
    work.replace("conv", "%%writefile src/layers/conv.py\n" + work.cell("conv").source)
    work.insert("import os\nos.chdir('/tmp')", after="conv")


@fault()
def moved_away_before(work):
    """The first cell changes the working folder, to a data folder of the student's."""
    work.first("import os\nos.makedirs('data')\nos.chdir('data')")


@fault()
def saved_elsewhere(work):
    """The convolution is saved in a file of another name."""
    work.replace("conv", "%%writefile my_conv.py\n" + work.cell("conv").source)


@fault()
def saved_and_loaded(work):
    """The sigmoid is saved with %%writefile, and imported in the next cell."""
    work.replace("activation_functions", "%%writefile src/layers/act.py\n" + work.cell("activation_functions").source)
    work.insert("from src.layers.act import *", after="activation_functions")


@fault()
def defined_after_its_graded_cells(work):
    """The convolution stands at the end of the notebook, behind the cells that grade it."""
    work.replace("conv", "# see below")
    work.last(solution()["conv"])


@fault()
def right_only_in_the_end(work):
    """The stub of the convolution is run first, and the graded cells come before the right one."""
    stub = type(work).release().cell("conv").source
    work.replace("conv", stub)
    work.last(solution()["conv"])


@fault()
def another_kernel(work):
    """The notebook says that it is for R."""
    work.notebook.metadata = {
        "kernelspec": {"name": "ir", "display_name": "R", "language": "R"},
        "language_info": {"name": "R"},
    }


@fault()
def no_such_kernel(work):
    """The notebook names a kernel that only the student's computer has."""
    work.notebook.metadata["kernelspec"] = {"name": "dl-2024-env", "display_name": "DL", "language": "python"}


@fault()
def seeds(work):
    """Random numbers are seeded, in a cell and in each forward pass."""
    work.first("import random\nimport numpy as np\nnp.random.seed(1)\nrandom.seed(1)")
    work.method("Sigmoid.forward", "np.random.seed(0)\nself.output = 1 / (1 + np.exp(-x))\nreturn self.output")


@fault()
def star_imports(work):
    """Everything is imported from NumPy, over Python's own sum, min and round."""
    work.first("from numpy import *\nfrom math import *")


@fault()
def builtins_overwritten(work):
    """Variables are called list, str, print, type and id."""
    work.first("list, str, print, type, id, len, isinstance = [1, 2], 'x', None, 3, 4, 5, 6")
    work.replace("conv", work.cell("conv").source)


@fault()
def magics_on_top(work):
    """The solution cells begin with %%time and %%capture."""
    work.replace("activation_functions", "%%time\n" + work.cell("activation_functions").source)
    work.replace("conv", "%%capture captured\n" + work.cell("conv").source)


@fault()
def plot_that_blocks(work):
    """A plot is shown in a window that waits for the user."""
    work.first("""
        import matplotlib
        matplotlib.use('Agg')
        import matplotlib.pyplot as plt
        plt.plot([1, 2])
        plt.show(block=True)
        plt.pause(0.01)
        """)


@fault()
def await_on_top(work):
    """A cell awaits something, as notebooks allow."""
    work.first("import asyncio\nawait asyncio.sleep(0.01)\nasyncio.get_event_loop().create_task(asyncio.sleep(600))")


@fault()
def pool_in_a_method(work):
    """A forward pass computes in several processes."""
    work.method("ReLU.forward", """
        import multiprocessing
        self.is_positive = x > 0
        with multiprocessing.get_context('fork').Pool(2) as pool:
            return np.array(pool.map(abs, list(np.where(x > 0, x, 0).ravel()))).reshape(x.shape)
        """)


@fault()
def program_in_a_method(work):
    """A forward pass asks another program, and looks at how that ended."""
    work.method("ReLU.forward", """
        import subprocess
        answer = subprocess.run(['echo', '0'], capture_output=True, text=True, check=True)
        self.is_positive = x > 0
        return np.maximum(x, float(answer.stdout))
        """)


@fault()
def pool_from_a_cell(work):
    """Threads of a pool that a cell has made and used do the work of the forward pass."""
    work.first("from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\nprint(list(pool.map(abs, [1, 2, 3])))")
    work.method("ReLU.forward", """
        self.is_positive = x > 0
        return np.array(list(pool.map(lambda row: np.maximum(row, 0), x)))
        """)


@fault()
def lock_from_a_cell(work):
    """A forward pass prints and logs, while a thread of an earlier cell does so all the time."""
    work.first("""
        import logging, threading, time
        logging.basicConfig()
        def talk():
            while True:
                logging.warning('still here')
        threading.Thread(target=talk, daemon=True).start()
        """)
    work.method("ReLU.forward", """
        logging.warning('forward')
        print('forward', flush=True)
        self.is_positive = x > 0
        return np.maximum(x, 0)
        """)


@fault()
def tracing(work):
    """A profiler and a tracer are left switched on."""
    work.first("import sys, gc\nsys.setprofile(lambda *args: None)\nsys.settrace(lambda *args: None)\ngc.disable()")


@fault()
def windows_line_ends(work):
    """All cells have the line ends of another system."""
    for cell in work.notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")


@fault()
def tabs_and_prompts(work):
    """The cell of the initializers was pasted from a console, prompts included."""
    lines = dedent(solution()["initializers"]).replace("\n\n\n", "\n").splitlines()
    work.replace("initializers", "\n".join((">>> " if line[:1].strip() else "... ") + line for line in lines))


@fault()
def masked_array(work):
    """The ReLU returns a masked array in which nothing is masked."""
    work.method("ReLU.forward", "self.x = x\nreturn np.ma.masked_array(np.maximum(x, 0))")
    work.method("ReLU.backward", "return np.where(self.x > 0, error, 0)")


@fault()
def order_of_another_machine(work):
    """The results have the byte order of another machine, and lie backwards in memory."""
    work.method("ReLU.forward", "self.x = x\nreturn np.maximum(x, 0).astype('>f8')[::-1][::-1]")
    work.method("ReLU.backward", "return np.asfortranarray(np.where(self.x > 0, error, 0)).astype('>f4')")


@fault()
def extended_precision(work):
    """The results are of extended and of half precision."""
    work.method("Sigmoid.forward", "self.s = 1 / (1 + np.exp(-x.astype(np.longdouble)))\nreturn self.s")
    work.method("Sigmoid.backward", "return error * self.s * (1 - self.s)")


@fault()
def task_left_in_the_loop(work):
    """A cell leaves a task in the event loop."""
    work.insert("import asyncio\nawait asyncio.sleep(0)\nt = asyncio.create_task(asyncio.sleep(1000))", after="conv")


@fault()
def streams_replaced(work):
    """A cell replaces the output streams and never gives them back."""
    work.first("import io, sys\nsys.stdout = io.StringIO()\nsys.stderr = open('err.txt', 'w')")


@fault()
def context_of_decimals(work):
    """The context of decimals, the locale and the time zone are changed."""
    work.first("import decimal, locale, os, time\ndecimal.getcontext().prec = 1\nos.environ['TZ'] = 'Asia/Kolkata'\ntime.tzset()\nlocale.setlocale(locale.LC_ALL, '')")


@fault()
def child_that_forgets_to_end(work):
    """A cell forks a child that forgets to end, and prints."""
    work.first("import os\npid = os.fork()\nprint('I am', 'child' if pid == 0 else 'parent')")


@fault()
def folder_removed_at_the_end(work):
    """A cell empties the path of modules and goes into a folder that it removes."""
    work.last("import os, sys\nsys.path[:] = ['/nowhere']\nos.makedirs('/tmp/gone'); os.chdir('/tmp/gone'); os.rmdir('/tmp/gone')")


@fault()
def two_hundred_open_files(work):
    """A cell opens two hundred files and closes none."""
    work.first("kept = [open(f'/tmp/k{n}', 'w') for n in range(200)]")


@fault()
def database_of_its_own(work):
    """A cell keeps its results in a database of its own."""
    work.first("import sqlite3\ndb = sqlite3.connect('my.db')\ndb.execute('create table t (x)')\ndb.execute('insert into t values (1)')\ndb.commit()\nprint(db.execute('select * from t').fetchall())")


def saved_below(work, *tops):
    """Save each part, with other lines around the magic."""
    for part, top in zip(PARTS, tops, strict=True):
        work.replace(part, f"{top.replace('@', PARTS[part])}\n{work.cell(part).source}")


@fault()
def saved_below_other_magics(work):
    """The cells are saved, and timed, captured or measured as well."""
    saved_below(work, "%%time\n%%writefile @", "%%writefile @\n%%capture", "%load_ext autoreload\n%%writefile @")


@fault()
def saved_below_code(work):
    """An import, a docstring and a shell line stand above the magic, so that IPython takes it for none."""
    saved_below(work, "import numpy as np\n%%writefile @", '"""Saved."""\n%%writefile @', "!mkdir src\n%%writefile @")


@fault()
def saved_by_a_misspelt_magic(work):
    """The magic lacks a sign, or its path, or has a space."""
    saved_below(work, "%writefile @", "%%writefile", "%% writefile @")


@fault()
def saved_in_pieces(work):
    """The convolution is saved in two cells, of which the second adds its methods to the file."""
    first, second = work.cell("conv").source.split("\n    def get_gradient_weights")
    work.replace("conv", f"%%writefile src/layers/conv.py\n{first}")
    work.insert(f"%%writefile -a src/layers/conv.py\n    def get_gradient_weights{second}", after="conv")


@fault(cells("flatten"), Outcome.FAILED, notice="More than one cell defines `FlattenLayer`")
def wrong_one_below(work):
    """An older try of a class stands below the right one."""
    work.insert("class FlattenLayer(BaseLayer):\n    def forward(self, x):\n        pass\n    backward = forward", after="conv")


@fault(notice="what you define there was run")
def answer_in_a_graded_cell(work):
    """The convolution is written into the first of the cells that grade it."""
    work.replace("flatten", work.cell("flatten").source + "\n" + work.cell("conv").source)
    work.replace("conv", "")


@fault(CONV, BEGINS, notice="`src/layers/conv.py` defines `ConvolutionalLayer` and `FlattenLayer`")
def answer_in_a_file_only(work):
    """The convolution is written in an editor, into the file, and the notebook still has the stub."""
    work.file("src/layers/conv.py", work.cell("conv").source)
    work.replace("conv", type(work).release().cell("conv").source)


@fault(notice="was run first, since a cell above it defines the same: `conv`")
def answer_above_the_stub(work):
    """The convolution is written into a cell of the student's own, above the one that was handed out for it."""
    work.insert(work.cell("conv").source, before="conv")
    work.replace("conv", type(work).release().cell("conv").source)
