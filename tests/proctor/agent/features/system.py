"""Features that concern the process: threads, programs, C code, forks, pools, signals."""

NOTEBOOKS = {
    "threads": {
        "in its cell": ["import threading, time, sys, os\nt = threading.Thread(target=print, args=('in a thread',))\nt.start()\nt.join()", "def both():\n    print('out')\n    print('err', file=sys.stderr)\nt = threading.Thread(target=both)\nt.start()\nt.join()"],
        "after its cell": ["def late():\n    go.wait()\n    print('late')\ngo = threading.Event()\nt = threading.Thread(target=late)\nt.start()\nprint('started')", "print('meanwhile')", "go.set()\nt.join()\ntime.sleep(.3)\nprint('joined')"],
        "an exception": ["t = threading.Thread(target=lambda: 1/0, name='mine')\nt.start()\nt.join()"],
        "display": ["t = threading.Thread(target=lambda: display('from a thread'))\nt.start()\nt.join()"],
        "a timer": ["t = threading.Timer(0.05, print, ('timer',))\nt.start()\ntime.sleep(.4)"],
        "futures": ["from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, -2])))", "pool = ThreadPoolExecutor(2)\npool.submit(print, 'in the pool').result()", "pool.submit(lambda: 1/0).result()", "pool.shutdown()"],
        "excepthook": ["threading.excepthook = lambda a: print('hook', a.exc_type.__name__)\nt = threading.Thread(target=lambda: 1/0)\nt.start()\nt.join()"],
        "a number of threads": ["threading.active_count() >= 1"],
    },
    "programs": {
        "os.system": ["import os, subprocess, sys, time\nprint('before', flush=True)\nos.system('echo system')\ntime.sleep(.3)\nprint('after')", "os.system('echo err >&2')\ntime.sleep(.3)", "os.popen('echo popen').read()"],
        "subprocess": ["subprocess.run(['echo', 'run'])\ntime.sleep(.3)", "subprocess.run('echo a; echo b >&2', shell=True, capture_output=True)", "subprocess.check_output(['echo', 'x'])", "subprocess.check_call(['false'])", "subprocess.run(['no-such-program'])", "p = subprocess.Popen(['cat'], stdin=-1, stdout=-1)\np.communicate(b'through cat')", "subprocess.run(['sh', '-c', 'exit 3']).returncode"],
        "subprocess to our streams": ["subprocess.run(['echo', 'to stderr'], stdout=sys.stderr).returncode\ntime.sleep(.3)"],
        "python in python": ["subprocess.run([sys.executable, '-c', 'print(1); import sys; print(2, file=sys.stderr)'], capture_output=True, text=True)", "subprocess.run([sys.executable, '-c', 'print(__name__)'])\ntime.sleep(.3)", "subprocess.run([sys.executable, '-c', 'input()'], capture_output=True).returncode"],
        "its input": ["subprocess.run(['cat'], capture_output=True)"],
        "a program that goes on": ["p = subprocess.Popen(['sh', '-c', 'read x; echo late'], stdin=-1)", "p.communicate(b'\\n')\ntime.sleep(.3)\nprint('end')"],
    },
    "C code": {
        "os.write": ["import os, sys, time, ctypes\nos.write(1, b'descriptor\\n')\ntime.sleep(.3)", "print('a', flush=True)\nos.write(1, b'b\\n')\ntime.sleep(.3)\nprint('c')", "os.write(2, b'err\\n')\ntime.sleep(.3)", "os.write(1, 'ä'.encode())\ntime.sleep(.3)", "os.write(1, b'\\xff\\n')\ntime.sleep(.3)"],
        "ctypes": ["c = ctypes.CDLL(None)\nc.puts(b'puts')\nc.fflush(None)\ntime.sleep(.3)", "c.printf(b'printf %d\\n', 5)\nc.fflush(None)\ntime.sleep(.3)"],
        "opened descriptors": ["f = os.fdopen(os.dup(1), 'w')\nf.write('dup\\n')\nf.flush()\ntime.sleep(.3)", "f.close()"],
        "redirected descriptors": ["old = os.dup(1)\nnew = os.open('r.txt', os.O_WRONLY | os.O_CREAT)\nos.dup2(new, 1)\nos.write(1, b'in a file')\nos.dup2(old, 1)\nopen('r.txt').read()", "os.system('echo back')\ntime.sleep(.3)"],
        "faulthandler": ["import faulthandler\nfaulthandler.enable()\nfaulthandler.is_enabled()", "faulthandler.disable()"],
        "faulthandler's traceback": ["faulthandler.dump_traceback(file=open('t.txt', 'w'))\n'Current thread' in open('t.txt').read() or open('t.txt').read()[:20]"],
    },
    "forks": {
        "fork": ["import os, sys, time\npid = os.fork()\nif pid == 0:\n    os._exit(3)\nos.waitpid(pid, 0)[1] >> 8", "pid = os.fork()\nif pid == 0:\n    os.write(1, b'child\\n')\n    os._exit(0)\nos.waitpid(pid, 0)\ntime.sleep(.3)\nprint('parent')"],
        "fork that prints": ["pid = os.fork()\nif pid == 0:\n    print('printed by a child', flush=True)\n    os._exit(0)\nos.waitpid(pid, 0)\ntime.sleep(.3)", "print('no loss')"],
    },
    "multiprocessing": {
        "process": ["import multiprocessing as mp, time, sys\ndef w(x):\n    print('child', x, flush=True)\np = mp.Process(target=w, args=(1,))\np.start()\np.join()\ntime.sleep(.3)\np.exitcode", "mp.get_start_method(), mp.current_process().name"],
        "pool": ["def sq(x): return x * x\nwith mp.Pool(2) as pool:\n    print(pool.map(sq, [1, 2, 3]))", "def bad(x): 1/0\nwith mp.Pool(1) as pool:\n    pool.map(bad, [1])"],
        "queue and pipe": ["q = mp.Queue()\np = mp.Process(target=q.put, args=(5,))\np.start()\nx = q.get()\np.join()\nx", "a, b = mp.Pipe()\np = mp.Process(target=b.send, args=('sent',))\np.start()\ny = a.recv()\np.join()\ny", "mp.Value('i', 3).value", "mp.Lock()"],
        "futures": ["from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor(2) as e:\n    print(list(e.map(sq, [1, 2])))"],
        "spawn": ["%%writefile work.py\ndef cube(x): return x ** 3", "import work\nwith mp.get_context('spawn').Pool(1) as pool:\n    print(pool.map(work.cube, [2]))"],
        "shared memory": ["from multiprocessing import shared_memory\ns = shared_memory.SharedMemory(create=True, size=10)\ns.buf[0] = 5\nv = s.buf[0]\ns.close()\ns.unlink()\nv"],
        "a child with an error": ["p = mp.Process(target=bad, args=(1,))\np.start()\np.join()\ntime.sleep(.3)\np.exitcode"],
        "joblib": ["from joblib import Parallel, delayed\nParallel(n_jobs=2, prefer='threads')(delayed(sq)(i) for i in range(3))"],
    },
    "signals": {
        "alarm with a handler": ["import signal, time, os\ndef h(n, f): raise TimeoutError('alarm')\nsignal.signal(signal.SIGALRM, h)\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\ntime.sleep(5)", "print('next')"],
        "an own interrupt": ["import _thread\n_thread.interrupt_main()\ntime.sleep(0.5)\nprint('interrupted?')", "print('next')", "os.kill(os.getpid(), signal.SIGINT)\ntime.sleep(0.5)", "signal.raise_signal(signal.SIGINT)", "print('on')"],
        "handlers": ["signal.signal(signal.SIGUSR1, lambda *a: print('usr1'))\nos.kill(os.getpid(), signal.SIGUSR1)\ntime.sleep(.05)", "signal.getsignal(signal.SIGINT)", "signal.signal(signal.SIGINT, signal.SIG_DFL) is not None"],
    },
}
"""Each of these ends its process in plain Jupyter, so that nothing can be compared."""
DEADLY = {
    "os._exit": ["print('before')\nimport os\nos._exit(1)"],
    "a crash": ["import ctypes\nctypes.string_at(0)"],
    "an alarm": ["import signal, time\nsignal.alarm(1)\ntime.sleep(1.5)\nprint('on')"],
    "quit": ["quit()", "print('on')"],
    "exit": ["exit()", "print('on')"],
    "exit(0)": ["exit(0)", "exit", "print('on')"],
    "a fork that goes on": ["import os\npid = os.fork()\nif pid:\n    os.waitpid(pid, 0)\nprint('parent' if pid else 'child', flush=True)", "print('on')"],
}
