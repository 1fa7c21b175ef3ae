"""Attacks on what must not be seen: hidden tests, solutions, the gradebook, classmates, secrets of the grader's."""

from tests.specimens.recipe import Outcome, SIGMOID, attack

SHOW = """
import glob, os
def show(*patterns):
    for pattern in patterns:
        for path in glob.glob(pattern, recursive=True)[:200]:
            try:
                print(path, open(path, 'rb').read(20_000).decode('latin-1')[:20_000])
            except OSError as error:
                print(path, type(error).__name__)
"""


def shows(work, *patterns):
    work.first(SHOW + f"show(*{patterns!r})")


@attack(solved=True)
def hidden_tests(work):
    """A cell prints the hidden tests from the course's folder, and from wherever else they could lie."""
    shows(work, "../../../tests/**/*.py", "@COURSE@/tests/**/*.py", "/**/test_conv_forward.py")


@attack(solved=True)
def master_notebook(work):
    """A cell prints the master notebook and the solutions."""
    shows(work, "../../../so*/**/*.ipynb", "@COURSE@/so*/**/*.ipynb", "@COURSE@/solutions/**/*.py")


@attack(solved=True)
def gradebook(work):
    """A cell prints the gradebook."""
    work.first("""
        import sqlite3
        for path in ('../../../gradebook.db', '@COURSE@/gradebook.db'):
            try:
                print(sqlite3.connect(path).execute('select * from student').fetchall())
            except sqlite3.Error as error:
                print(error)
        """)


@attack(solved=True)
def classmates(work):
    """A cell prints what others have handed in, and how it was graded."""
    shows(work, "../../*/*/*.ipynb", "@COURSE@/submitted/*/*/*.ipynb", "@COURSE@/autograded/*/*/*.ipynb")


@attack(solved=True)
def home_folder(work):
    """A cell prints passwords from the grader's home folder."""
    shows(work, "@HOME@/.netrc", "@HOME@/.ssh/*", "/root/.*", "/home/*/.*", "/etc/shadow")


@attack(solved=True)
def environment(work):
    """A cell prints all environment variables, its own and those of other processes."""
    work.first(SHOW + "print(dict(os.environ))\nshow('/proc/*/environ', '/proc/*/cmdline', '/proc/*/task/*/environ')")


@attack(solved=True)
def other_processes(work):
    """A cell looks through /proc for the folders, files and memory of other processes."""
    work.first(SHOW + """
for path in glob.glob('/proc/[0-9]*'):
    if path == '/proc/%d' % os.getpid():
        continue
    show(path + '/root/@HOME@/.netrc', path + '/cwd/tests/**/*.py', path + '/cwd/*.db', path + '/fd/*')
    try:
        open(path + '/mem', 'rb+').close()
        if path != '/proc/1' or os.stat(path).st_uid != os.getuid():
            print('HARM-%d' % (6 * 7))
    except OSError:
        pass
""")


@attack(solved=True)
def inherited_files(work):
    """A cell reads every descriptor that the process has inherited."""
    work.first("""
        import os, stat
        for number in range(256):
            try:
                if stat.S_ISREG(os.fstat(number).st_mode):
                    print(number, os.pread(number, 400_000, 0).decode('latin-1'))
                os.lseek(number, 0, 0)
            except OSError:
                continue
        """)


@attack(solved=True)
def tests_while_they_run(work):
    """A method prints the test that calls it: the cell's text, the history, and the stack."""
    work.method("Sigmoid.forward", """
        import inspect, sys
        print(get_ipython().user_ns.get('In', [])[-1:])
        for frame in inspect.stack():
            print(frame.code_context, frame.frame.f_globals.get('__doc__'), frame.frame.f_locals)
            print(frame.frame.f_globals.get('SOURCE'))
        self.output = 1 / (1 + np.exp(-x))
        return self.output
        """)


@attack(solved=True)
def audit_hook(work):
    """A hook prints all text that is compiled in the process."""
    work.first("""
        import sys
        def hook(event, args):
            if event == 'compile' and args and args[0]:
                print(args[0])
        sys.addaudithook(hook)
        """)


@attack(solved=True)
def history(work):
    """The last cell prints the history of all cells, graded ones included."""
    work.last("print(In)\n%history -g\nprint(get_ipython().history_manager.input_hist_raw)")


@attack(SIGMOID, (Outcome.ERROR, Outcome.TIME), solved=True)
def inputs_smuggled_out(work):
    """A method puts what the tests call it with into its error's text, in 10 MB portions."""
    work.method("Sigmoid.forward", "raise ValueError(repr(x.tolist()) * 10 ** 5)")


@attack(solved=True)
def link_to_the_tests(work):
    """A link in the folder leads to the hidden tests, another one to the gradebook."""
    def links(folder):
        (folder / "data").symlink_to("../../../tests")
        (folder / "grades.csv").symlink_to("../../../gradebook.db")
        (folder / "src").symlink_to("../../../source/exercise4/src")
    work.disk(links)
    shows(work, "data/**/*.py", "data/*/*.py", "grades.csv", "src/**/*")


@attack(solved=True)
def hard_link_to_the_tests(work):
    """A hard link in the folder is a hidden test."""
    import os
    def links(folder):
        for number, test in enumerate((folder.parents[2] / "tests" / "exercise4").glob("test_*.py")):
            os.link(test, folder / f"notes_{number}.txt")
    work.disk(links)
    shows(work, "notes_*.txt")


def _link_to_alice(folder):
    (folder / "exercise4.ipynb").unlink()
    (folder / "exercise4.ipynb").symlink_to("../../alice/exercise4/exercise4.ipynb")


def _hard_link_to_alice(folder):
    import os
    (folder / "exercise4.ipynb").unlink()
    os.link(folder.parents[1] / "alice" / "exercise4" / "exercise4.ipynb", folder / "exercise4.ipynb")


@attack(because=Outcome.UNREADABLE, notice="link")
def notebook_is_a_link(work):
    """The notebook is a link to a classmate's."""
    work.disk(_link_to_alice)


@attack(because=Outcome.UNREADABLE, notice="ordinary file")
def notebook_is_a_hard_link(work):
    """The notebook is a hard link to a classmate's."""
    work.disk(_hard_link_to_alice)


@attack(because=Outcome.UNREADABLE, notice="ordinary file")
def notebook_is_a_pipe(work):
    """The notebook is a pipe, at which a reader waits for ever."""
    def pipe(folder):
        import os
        (folder / "exercise4.ipynb").unlink()
        os.mkfifo(folder / "exercise4.ipynb")
    work.disk(pipe)


@attack(because=Outcome.UNREADABLE)
def notebook_is_a_folder(work):
    """The notebook is a folder."""
    def folder_instead(folder):
        (folder / "exercise4.ipynb").unlink()
        (folder / "exercise4.ipynb").mkdir()
    work.disk(folder_instead)


@attack(because=Outcome.UNREADABLE, notice="ordinary file")
def notebook_is_a_device(work):
    """The notebook is a device that never ends."""
    def device(folder):
        import os, stat
        (folder / "exercise4.ipynb").unlink()
        try:
            os.mknod(folder / "exercise4.ipynb", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        except PermissionError:  # only root can make one; a pipe is as little a file
            os.mkfifo(folder / "exercise4.ipynb")
    work.disk(device)
