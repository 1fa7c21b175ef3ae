"""Exceptions of unusual kinds, and settings that make more things raise."""

from tests.specimens.recipe import CONV, RELU, SIGMOID, Outcome, cells, fault


@fault(SIGMOID, Outcome.ERROR)
def error_whose_text_raises(work):
    """A forward pass raises an exception that cannot be printed."""
    work.method("Sigmoid.forward", """
        class Odd(Exception):
            def __str__(self):
                raise ValueError("no text")
            __repr__ = __str__
        raise Odd
        """)


@fault(SIGMOID, (Outcome.ERROR, Outcome.TIME))
def error_whose_text_hangs(work):
    """A forward pass raises an exception whose text is never finished."""
    work.method("Sigmoid.forward", """
        class Odd(Exception):
            def __str__(self):
                while True:
                    pass
        raise Odd
        """)


@fault(RELU, (Outcome.ERROR, Outcome.FAILED))
def base_exception(work):
    """A forward pass raises an exception that is none of Exception's."""
    work.method("ReLU.forward", "raise BaseException('stop')")


@fault(RELU, (Outcome.ERROR, Outcome.FAILED))
def keyboard_interrupt(work):
    """A forward pass raises KeyboardInterrupt itself."""
    work.method("ReLU.forward", "raise KeyboardInterrupt")


@fault(RELU, (Outcome.ERROR, Outcome.FAILED))
def generator_exit(work):
    """A forward pass raises GeneratorExit."""
    work.method("ReLU.forward", "raise GeneratorExit")


@fault(SIGMOID, Outcome.ERROR)
def own_not_quite_unicode(work):
    """An error's text holds half a character, control codes and a page of noise."""
    work.method("Sigmoid.forward", "raise ValueError('\\ud800 \\x1b[31m \\x00 ' + 'x' * 10 ** 7)")


@fault()
def error_in_an_own_cell(work):
    """A cell of the student's own raises, and the others do not need it."""
    work.insert("Sigmoid().forward('nonsense')", after="activation_functions")


@fault()
def warnings_are_errors(work):
    """Every warning is an error, as the student likes it."""
    work.first("import warnings\nwarnings.simplefilter('error')")


@fault()
def numpy_raises(work):
    """NumPy raises where it would warn, also for numbers that become too small."""
    work.first("import numpy as np\nnp.seterr(all='raise')")


@fault(RELU, (Outcome.ERROR, Outcome.FAILED))
def input_in_a_method(work):
    """A forward pass asks the user for a number."""
    work.method("ReLU.forward", "return np.maximum(x, float(input('threshold? ')))")


@fault()
def input_in_a_cell(work):
    """A cell asks for the user's name."""
    work.first("name = input('Who are you? ')\nimport getpass\ngetpass.getpass()")


@fault(CONV, (Outcome.ERROR, Outcome.WAITING))
def syntax_error(work):
    """The cell of the convolution has a line that is no Python."""
    work.replace("conv", work.cell("conv").source + "\n\ndef half(:")


@fault(CONV, (Outcome.ERROR, Outcome.WAITING))
def saved_syntax_error(work):
    """The same cell is saved, which goes well: what it saves is no Python."""
    work.replace("conv", f"%%writefile src/layers/conv.py\n{work.cell('conv').source}\n\ndef half(:")


@fault(cells("relu_backward"), Outcome.NOT_FOUND)
def misspelt_method(work):
    """A method has another name than asked, so that the one of the base class is called."""
    work.replace("activation_functions", "back_ward".join(work.cell("activation_functions").source.rsplit("backward", 1)))


@fault(CONV, (Outcome.ERROR, Outcome.WAITING))
def missing_package(work):
    """The cell of the convolution imports a package that nobody else has."""
    work.replace("conv", "import torch_that_is_not_there\n" + work.cell("conv").source)


@fault()
def download(work):
    """A cell loads pictures from the internet, where there is none."""
    work.first("import urllib.request\nurllib.request.urlopen('http://data.example/digits.npz', timeout=60)")


@fault()
def debugger(work):
    """A cell stops in the debugger."""
    work.first("breakpoint()\nimport pdb\npdb.set_trace()")


@fault(cells("sigmoid_backward"), Outcome.ERROR)
def debugger_in_a_method(work):
    """A forward pass stops in the debugger."""
    work.method("Sigmoid.forward", "breakpoint()\nreturn 1 / (1 + np.exp(-x))")
    work.method("Sigmoid.backward", "import pdb\npdb.set_trace()\nreturn error")
