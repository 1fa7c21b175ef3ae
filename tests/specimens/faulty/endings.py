"""Submissions that end their process, or cut it off."""

from tests.specimens.recipe import RELU, SIGMOID, Outcome, fault


@fault()
def exit_at_once(work):
    """A cell ends the process with os._exit."""
    work.insert("import os\nos._exit(0)", after="initializers")


@fault()
def exit_politely(work):
    """A cell calls exit(), as in a script."""
    work.insert("exit()", before="conv")


@fault()
def exit_with_sys(work):
    """A cell calls sys.exit(), as in a script."""
    work.insert("import sys\nsys.exit('done')", before="conv")


@fault()
def quit_in_the_last_line(work):
    """The cell of the initializers ends with quit()."""
    work.replace("initializers", work.cell("initializers").source + "\n\nquit()")


@fault(SIGMOID, (Outcome.DIED, Outcome.ERROR))
def exit_in_a_method(work):
    """A forward pass ends the process with os._exit."""
    work.method("Sigmoid.forward", "import os\nos._exit(3)")


@fault(SIGMOID, Outcome.ERROR)
def sys_exit_in_a_method(work):
    """A forward pass calls sys.exit, since that is how the book ended a program."""
    work.method("Sigmoid.forward", "import sys\nsys.exit()")


@fault()
def segmentation_fault(work):
    """A cell crashes the interpreter."""
    work.first("import ctypes\nctypes.string_at(0)")


@fault(RELU, Outcome.DIED)
def segmentation_fault_in_a_method(work):
    """A forward pass crashes the interpreter."""
    work.method("ReLU.forward", "import ctypes\nreturn ctypes.string_at(0)")


@fault()
def kill_itself(work):
    """A cell kills its own process in a shell."""
    work.first("import os\n!kill -9 {os.getpid()}")


@fault()
def alarm_clock(work):
    """A cell sets an alarm that ends the process while the next cell runs."""
    work.first("import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.3)")
    work.insert("import time\ntime.sleep(0.5)", before="initializers")


@fault()
def closed_descriptors(work):
    """A cell closes all files that are open, the kernel's sockets among them."""
    work.insert("import os\nos.closerange(3, 4096)", before="conv")


@fault()
def closed_stdout(work):
    """A cell closes standard output."""
    work.first("import sys, os\nsys.stdout.close()\nos.close(1)\nos.close(2)")


@fault()
def replaced_stdout(work):
    """A cell sends everything that is printed into a file."""
    work.first("import sys\nsys.stdout = sys.stderr = open('log.txt', 'w')\nprint('training')")


@fault()
def reset_at_the_end(work):
    """The last cell deletes every name, to tidy up."""
    work.last("%reset -f")


@fault()
def deleted_at_the_end(work):
    """The last cell deletes the classes, to tidy up."""
    work.last("del Sigmoid, ReLU, Const, UniformRandom, He, FlattenLayer, ConvolutionalLayer")


@fault()
def two_loops_and_a_crash(work):
    """Three cells of the student's own each stop the notebook in another way."""
    work.insert("while True:\n    pass", before="activation_functions")
    work.insert("import os\nos.abort()", before="initializers")
    work.insert("import signal\nsignal.signal(2, signal.SIG_IGN)\nwhile True:\n    pass", before="conv")


@fault()
def server_left_running(work):
    """A cell starts a server in the background, and forgets it."""
    work.first("import subprocess\nsubprocess.Popen(['outlives-@CASE@-@TOKEN@', '600'], executable='/bin/sleep')")


@fault()
def threads_left_running(work):
    """Threads of a progress display run on for ever."""
    work.first("""
        import threading, time
        def show():
            while True:
                print('.', end='')
                time.sleep(0.01)
        for _ in range(8):
            threading.Thread(target=show).start()
        """)


@fault()
def atexit_that_hangs(work):
    """Something registered for the end of the program never ends."""
    work.first("import atexit, time\natexit.register(time.sleep, 600)")
