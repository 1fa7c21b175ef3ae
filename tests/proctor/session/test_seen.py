"""Sandboxes, as students' code sees them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from proctor.sandbox.visible_files import PACKAGE

if TYPE_CHECKING:
    from tests.proctor.support.sandboxes import Cells


def test_its_own_submission(run: Cells) -> None:
    """The submission lies in the working folder and can be imported and written to."""
    code = """
        import os
        from src.base import SECRET
        open('mine', 'w').write('x')
        print(os.getcwd(), SECRET)
    """
    assert run(code) == "/home/student/work 42"


def test_what_it_writes_stays_inside(run: Cells, course: Path) -> None:
    """A file written by a cell is found by later code in the kernel, and never in the host's folder."""
    run("%%writefile src/conv.py\nanswer = 1")
    assert run("from src.conv import answer; print(answer)") == "1"
    assert not (course / "submitted/ada/ex/src/conv.py").exists()


def test_nothing_else_of_the_course(run: Cells, course: Path) -> None:
    """Tests, gradebook and other students' work do not exist inside."""
    files = [str(path) for path in course.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert run(f"import os; print([path for path in {files} if os.path.exists(path)])") == "[]"


def test_no_secret_is_found_by_searching(run: Cells) -> None:
    """A search from the root finds none of the planted files but the student's own."""
    code = """
        import os
        found = []
        for top in ('/home', '/tmp', '/root', '/run', '/etc'):
            for folder, inner, files in os.walk(top):
                inner[:] = [name for name in inner if name not in ('lib', 'lib64', 'share')]
                names = set(files) & {'hidden.py', 'gradebook.db', 'base.py', 'shadow'}
                found += [os.path.join(folder, name) for name in names]
        print(found)
    """
    assert run(code) == "['/home/student/work/src/base.py']"


def test_no_home_and_no_shadow(run: Cells) -> None:
    """Our home folder, /etc/shadow, /var, /sys and the grader's source are not there."""
    paths = [str(Path.home() / ".bashrc"), "/etc/shadow", "/etc/ssh", "/var", "/sys", "/srv", "/mnt"]
    paths.append(str(PACKAGE / "criteria.py"))
    assert run(f"import os; print([path for path in {paths} if os.path.exists(path)])") == "[]"


def test_environment(run: Cells) -> None:
    """No variable of ours, nor its value, is in any process that can be read."""
    code = """
        import glob, os
        seen = ''
        for path in glob.glob('/proc/[0-9]*/environ'):
            try:
                seen += open(path).read()
            except PermissionError:
                pass
        print('sesame' in seen, 'GRADEBOOK_TOKEN' in os.environ, os.environ['HOME'])
    """
    assert run(code) == "False False /home/student"


def test_processes(run: Cells) -> None:
    """It sees its own process, bubblewrap's and, where it was forked, the gate."""
    code = "import os; print(len([p for p in os.listdir('/proc') if p.isdigit()]), os.getpid())"
    assert run(code) == ("3 3" if run.forked else "2 2")


def test_descriptors(run: Cells) -> None:
    """It inherits no file and no folder of the host; programs that it starts inherit nothing.

    The two files without a name are those that take what programs print.
    """
    code = """
        import os, re
        links = [f'/proc/self/fd/{name}' for name in os.listdir('/proc/self/fd')]
        kinds = {os.readlink(link).split(':')[0] for link in links if os.path.islink(link)}
        print(sorted(kind for kind in kinds if not re.fullmatch(r'socket|anon_inode|/tmp/#[0-9]+ .deleted.', kind)))
    """
    assert run(code) == "['/dev/null']"
    code = """
        import subprocess
        listed = subprocess.run(['ls', '/proc/self/fd'], close_fds=False, capture_output=True, text=True)
        print(listed.stdout.split())
    """
    assert run(code) == "['0', '1', '2', '3']"  # the last is ls's own


def test_imports(run: Cells) -> None:
    """NumPy, SciPy and Matplotlib work, and a figure is drawn."""
    code = """
        import os
        import matplotlib.pyplot as plt
        import numpy as np
        from scipy.signal import correlate
        plt.plot([1, 2])
        plt.savefig('/tmp/f.png')
        print(correlate(np.ones(3), np.ones(3)).max(), os.path.getsize('/tmp/f.png') > 5000)
    """
    assert run(code).endswith("3.0 True")


def test_user_has_a_name(run: Cells) -> None:
    """Students' code is an ordinary user, without any privilege."""
    assert run("import getpass, os; print(getpass.getuser(), os.getuid(), os.getgroups())") in {
        "student 1000 []",
        "student 1000 [1000]",
    }
    assert "CapEff:\t0000000000000000" in run("print(open('/proc/self/status').read())")
