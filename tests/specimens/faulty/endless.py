"""Submissions that do not end, or take more than there is."""

from tests.specimens.recipe import RELU, SIGMOID, Outcome, cells, fault


@fault()
def loop_in_a_cell(work):
    """A cell of the student's own never ends."""
    work.insert("while True:\n    pass", before="conv")


@fault(SIGMOID, Outcome.TIME)
def loop_in_a_method(work):
    """The sigmoid's forward pass never ends."""
    work.method("Sigmoid.forward", "while True:\n    pass")


@fault({"flatten": 1}, Outcome.TIME)
def loop_in_backward(work):
    """Only a backward pass never ends."""
    work.method("FlattenLayer.backward", "while True:\n    pass")


@fault(RELU, Outcome.TIME)
def method_that_swallows_the_interrupt(work):
    """A forward pass sleeps for ever, and catches whatever should end it."""
    work.method("ReLU.forward", """
        import time
        while True:
            try:
                time.sleep(0.01)
            except BaseException:
                pass
        """)


@fault()
def loop_that_ignores_interrupts(work):
    """A cell never ends, and switches the interrupt off before."""
    work.insert("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass", before="conv")


@fault()
def loop_that_catches_everything(work):
    """A training loop in a cell catches every exception, and goes on."""
    work.first("""
        while True:
            try:
                sum(range(1000))
            except BaseException:
                pass
        """)


@fault()
def one_long_call(work):
    """A cell is in a C function that no interrupt reaches."""
    work.insert("total = sum(range(10 ** 13))", before="initializers")


@fault()
def long_sleep(work):
    """A cell sleeps for an hour, as if there were something to wait for."""
    work.first("import time\ntime.sleep(3600)")


@fault()
def shell_that_waits(work):
    """A cell with %%bash waits for a server that never comes up."""
    work.first("%%bash\nwhile true; do sleep 1; done")


@fault()
def endless_print(work):
    """A cell prints for ever."""
    work.insert("while True:\n    print('epoch', 1, 'loss', 0.1)", before="initializers")


@fault(SIGMOID, Outcome.TIME)
def endless_print_in_a_method(work):
    """A forward pass prints for ever."""
    work.method("Sigmoid.forward", "while True:\n    print('forward', x)")


@fault()
def large_print(work):
    """A cell prints 100 MB at once."""
    work.first("print('x' * 10 ** 8)")


@fault()
def array_of_64_gigabytes(work):
    """A cell asks for an array of 64 GB."""
    work.first("import numpy as np\nbig = np.ones(8 * 2 ** 30)")


@fault(SIGMOID, Outcome.MEMORY)
def array_of_64_gigabytes_in_a_method(work):
    """A forward pass asks for an array of 64 GB."""
    work.method("Sigmoid.forward", "return np.ones((8 * 2 ** 30,))[: x.size].reshape(x.shape)")


@fault(RELU, (Outcome.MEMORY, Outcome.FAILED))
def memory_grows_in_a_method(work):
    """A forward pass appends to a list for ever."""
    work.method("ReLU.forward", "kept = []\nwhile True:\n    kept.append(np.zeros(2 ** 24))")


@fault()
def memory_grows_in_a_cell(work):
    """A cell fills a list of its own until there is no memory left, and the list stays."""
    work.insert("import numpy as np\nkept = []\nwhile True:\n    kept.append(np.ones(2 ** 22))", before="conv")


@fault()
def files_fill_the_disk(work):
    """A cell writes a log file for ever."""
    work.first("with open('log.txt', 'w') as file:\n    while True:\n        file.write('x' * 2 ** 20)")


@fault(SIGMOID, Outcome.ERROR)
def endless_recursion(work):
    """A forward pass calls itself."""
    work.method("Sigmoid.forward", "return self.forward(x)")


@fault(SIGMOID, (Outcome.MEMORY, Outcome.DIED, Outcome.TIME, Outcome.ERROR))
def endless_recursion_without_a_limit(work):
    """A forward pass calls itself, and Python's limit has been lifted."""
    work.first("import sys\nsys.setrecursionlimit(10 ** 9)")
    work.method("Sigmoid.forward", "return np.add(self.forward(x), sum([self.forward(y) for y in x]))")


@fault(cells("conv_initialize"), (Outcome.TIME, Outcome.WAITING))
def asks_the_initializer_for_ever(work):
    """A layer asks the initializer that it was given again and again."""
    work.method("ConvolutionalLayer.initialize", """
        while True:
            weights_initializer.initialize((self.n_kernels, int(np.prod(self.kernel_shape))))
        """)
