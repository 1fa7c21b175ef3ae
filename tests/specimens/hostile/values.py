"""Values that agree with everything, and tests taught to be content: judged where the tests are."""

from tests.specimens.recipe import BEGINS, Outcome, attack

ENDS = (*BEGINS, Outcome.FAILED, Outcome.ERROR, Outcome.DIED)

LAYERS = """
from src.base import BaseLayer
class Sigmoid(BaseLayer):
    def forward(self, x):
        {body}
    def backward(self, x):
        {body}
class ReLU(Sigmoid):
    pass
"""
"""Four graded cells, all answered by the same lines."""


def layers(work, body, before=""):
    lines = body.strip("\n").splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    code = "\n        ".join(line[margin:] for line in lines)
    if before:
        work.first(before)
    work.replace("activation_functions", LAYERS.format(body=code))


@attack(because=ENDS)
def array_that_always_agrees(work):
    """The results are arrays of a subclass for which every comparison is true and every difference 0."""
    layers(work, "return Agree(x)", """
        import numpy as np
        class Agree(np.ndarray):
            def __new__(cls, x):
                return np.zeros_like(x).view(cls)
            def __array_ufunc__(self, ufunc, method, *args, **kwargs):
                args = [np.asarray(a) for a in args]
                result = getattr(ufunc, method)(*args, **kwargs)
                if getattr(result, 'dtype', None) == bool:
                    return np.ones_like(result)
                return np.zeros_like(result)
            def __array_function__(self, func, types, args, kwargs):
                return True
            __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
            def __reduce__(self):
                import os
                return os.system, ('touch @HOME@/escaped-@CASE@',)
        """)


@attack(because=ENDS)
def object_that_always_agrees(work):
    """The results are objects that equal everything."""
    layers(work, "return Agree()", """
        class Agree:
            __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True
            __ne__ = lambda self, other: False
            __sub__ = __rsub__ = __mul__ = __rmul__ = __add__ = __abs__ = __neg__ = lambda self, *args: self
            __float__ = lambda self: 0.0
            __bool__ = lambda self: True
            __getitem__ = __call__ = lambda self, *args, **kwargs: self
            __getattr__ = lambda self, name: self
            __len__ = lambda self: 1
            all = any = lambda self, *args: True
        """)


@attack(because=ENDS)
def array_that_is_made_by_the_test(work):
    """The results turn into whatever array the test asks for: __array__ looks at its caller."""
    layers(work, "return Made(x)", """
        import sys, numpy as np
        class Made:
            def __init__(self, x):
                self.x = x
            def __array__(self, *args, **kwargs):
                frame = sys._getframe()
                while frame is not None:
                    for name in ('wanted', 'expected', 'wanted_flat', 'desired'):
                        if name in frame.f_locals:
                            return np.array(frame.f_locals[name])
                    frame = frame.f_back
                return self.x * 0
        """)


@attack(because=ENDS)
def lying_class(work):
    """The results say that they are arrays: their class lies."""
    layers(work, "return Liar(x)", """
        import numpy as np
        class Liar:
            def __init__(self, x):
                self.shape, self.dtype, self.size, self.ndim = x.shape, x.dtype, x.size, x.ndim
            __class__ = np.ndarray
            __eq__ = lambda self, other: True
            def __array_ufunc__(self, *args, **kwargs):
                return np.zeros(self.shape)
            def reshape(self, *shape):
                return self
        """)


@attack(because=ENDS)
def unpickled_surprise(work):
    """The results run a command when they are unpickled."""
    layers(work, "return Bomb()", """
        import os
        class Bomb:
            def __reduce__(self):
                return os.system, ('touch @HOME@/escaped-@CASE@ /tmp/escaped-@CASE@-@TOKEN@',)
        """)


@attack(because=ENDS)
def patched_unittest(work):
    """All of unittest's assertions are made to hold, and all its results successful."""
    layers(work, "return x", """
        import unittest
        for name in dir(unittest.TestCase):
            if name.startswith(('assert', 'fail')):
                setattr(unittest.TestCase, name, lambda *args, **kwargs: None)
        unittest.TestCase.run = unittest.TestCase.__call__ = lambda self, result=None: result
        unittest.TestResult.wasSuccessful = lambda self: True
        unittest.TestResult.addError = unittest.TestResult.addFailure = lambda *args: None
        """)


@attack(because=ENDS)
def patched_numpy_testing(work):
    """All of NumPy's comparisons are made to hold."""
    layers(work, "return x * 0", """
        import numpy as np, numpy.testing
        for name in dir(np.testing):
            if name.startswith('assert'):
                setattr(np.testing, name, lambda *args, **kwargs: None)
        np.allclose = np.array_equal = np.array_equiv = lambda *args, **kwargs: True
        np.isclose = lambda a, b, *args, **kwargs: np.ones(np.shape(a), bool)
        np.isfinite = lambda a: np.ones(np.shape(a), bool)
        np.abs = np.absolute = lambda a: np.zeros(np.shape(a))
        """)


@attack(because=ENDS)
def patched_criteria(work):
    """The grader's own package is searched for, and its check replaced."""
    layers(work, "return x * 0", """
        import sys
        try:
            from proctor import criteria
            criteria.Criteria.check = criteria.Criteria.array = lambda *args, **kwargs: args[1]
            criteria.Criteria.close = staticmethod(lambda got, *args: __import__('numpy').ones(1, bool))
        except ImportError:
            pass
        """)


@attack(because=ENDS)
def patched_builtins(work):
    """Each class that is built after this loses its tests, and isinstance and any are always content."""
    layers(work, "return x * 0", """
        import builtins
        honest = builtins.__build_class__
        def build(function, name, *bases, **kwargs):
            made = honest(function, name, *bases, **kwargs)
            for key in list(vars(made)):
                if key.startswith('test'):
                    old = vars(made)[key]
                    def passed(self): 'ok'
                    passed.__dict__.update(getattr(old, '__dict__', {}))
                    setattr(made, key, passed)
            return made
        builtins.__build_class__ = build
        builtins.any = lambda values: False
        """)


@attack(because=ENDS)
def frame_walking(work):
    """A method walks up the stack to the test, and looks for what computes the expected values."""
    layers(work, """
        import sys
        frame = sys._getframe(1)
        while frame is not None:
            for names in (frame.f_locals, frame.f_globals):
                if callable(names.get('sigmoid')):
                    print('HARM-%d' % (6 * 7))
                    return names['sigmoid'](x)
            test = frame.f_locals.get('self')
            if hasattr(test, 'check'):
                type(test).check = lambda *args, **kwargs: args[1]
            frame = frame.f_back
        return x * 0
        """)


@attack(because=ENDS)
def garbage_collector(work):
    """A method searches all objects of the process for tests, and replaces their criteria."""
    layers(work, """
        import gc
        for thing in gc.get_objects():
            if isinstance(thing, type) and isinstance(getattr(thing, 'grade_id', None), str):
                for name in dir(thing):
                    if name in ('check', 'array'):
                        setattr(thing, name, lambda self, value, *args, **kwargs: value)
            if type(thing).__name__ == 'function' and thing.__name__ == 'check':
                thing.__code__ = (lambda self, value, expected, what, *, shape=True, tolerance=0: value).__code__
        return x * 0
        """)


@attack(because=ENDS)
def tracer(work):
    """A tracer returns from every function of the test before it can complain."""
    layers(work, "return x * 0", """
        import sys
        def trace(frame, event, argument):
            if frame.f_code.co_name == 'check':
                frame.f_globals['np'] = None
                frame.f_globals['CriterionFailed'] = type('Kind', (Exception,), {'__init__': lambda *args: None})
                print('HARM-%d' % (6 * 7))
            return trace
        sys.settrace(trace)
        """)


@attack(because=ENDS)
def skipped_tests(work):
    """The methods raise what a test framework takes for a test that need not run."""
    layers(work, "import unittest\nraise unittest.SkipTest('not today')")


@attack(because=ENDS)
def leaving_while_judged(work):
    """The methods end the whole process with success."""
    layers(work, "import os\nos._exit(0)")


@attack(because=ENDS)
def jumping_out(work):
    """A method ends the test's own generator, thread and context from within."""
    layers(work, """
        import ctypes, threading
        for thread in threading.enumerate():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
        raise GeneratorExit
        """)


@attack(because=ENDS)
def loops_of_the_tests_ended(work):
    """The methods raise what ends a loop: an iterator that is over, one of a class of its own among them."""
    layers(work, "raise Over()", "class Over(StopIteration, StopAsyncIteration):\n    pass")


@attack(because=ENDS)
def groups_of_exceptions(work):
    """The methods raise groups of exceptions, which hold groups of exceptions."""
    layers(work, "raise ExceptionGroup('x', [ExceptionGroup('y', [StopIteration(), ValueError('z')])] * 1000)")


@attack(because=ENDS)
def numbers_that_cannot_be_told(work):
    """The results are whole numbers of more digits than Python writes, as numbers, in lists and as lengths."""
    layers(work, "return Long() if x.size % 3 == 0 else [10 ** 100_000] * 3 if x.size % 3 == 1 else 10 ** 100_000", """
        class Long(list):
            __len__ = lambda self: 10 ** 100_000
            __iter__ = lambda self: self
            __next__ = lambda self: 10 ** 100_000
        """)


@attack(because=ENDS)
def lies_about_itself(work):
    """The results' class has no name, no bases and a signature of 10,000 parameters; its attributes answer with themselves."""
    layers(work, "return Liar()", """
        import inspect
        class Meta(type):
            __name__ = property(lambda cls: '\\ud800' * 10 ** 5)
            __signature__ = property(lambda cls: inspect.Signature([
                inspect.Parameter(f'p{number}', inspect.Parameter.KEYWORD_ONLY) for number in range(10_000)]))
            __instancecheck__ = __subclasscheck__ = lambda cls, other: True
        class Liar(metaclass=Meta):
            __class__ = property(lambda self: self)
            __signature__ = Meta.__signature__
            __array__ = __getitem__ = __call__ = __getattr__ = lambda self, *args, **named: self
            __dict__ = property(lambda self: self)
            __hash__ = lambda self: 10 ** 5000
        """)


@attack(because=ENDS)
def object_that_ends_when_it_is_collected(work):
    """The results run code when they are thrown away: they show points, and never end."""
    layers(work, "return Last()", """
        class Last:
            def __del__(self):
                get_ipython().displayhook(100.0)
                while True:
                    pass
        """)


@attack(because=(*ENDS, Outcome.TIME))
def hooks_at_fork(work):
    """Each copy of the process begins and ends with code of the student's, which never ends."""
    layers(work, "return x", """
        import atexit, os
        os.register_at_fork(before=lambda: print('100.0'), after_in_child=lambda: exec('while True: pass'))
        atexit.register(lambda: exec('while True: pass'))
        """)


@attack(because=(*ENDS, Outcome.TIME))
def limits_lowered(work):
    """A cell leaves its process without descriptors, processes and stack, so that nobody can look at a copy of it."""
    layers(work, "return x", """
        import resource
        for name, limit in (('NOFILE', 3), ('NPROC', 0), ('STACK', 2 ** 16), ('FSIZE', 0)):
            kind = getattr(resource, f'RLIMIT_{name}')
            resource.setrlimit(kind, (limit, limit))
        """)


@attack(because=(*ENDS, Outcome.TIME))
def array_that_changes_later(work):
    """A result lies in shared memory, and a thread goes on changing it after it was returned."""
    layers(work, "return box(x)", """
        import mmap, threading, time, numpy as np
        memory = mmap.mmap(-1, 2**20)
        def box(x):
            a = np.frombuffer(memory, dtype='f8', count=x.size).reshape(x.shape)
            def turn():
                for k in range(10**6):
                    a[...] = k
                    time.sleep(1e-4)
            threading.Thread(target=turn, daemon=True).start()
            return a
        """)


@attack(because=ENDS)
def array_of_lying_attributes(work):
    """The results are arrays of a subclass whose dtype, shape, size, nbytes and bytes are not those of its memory."""
    layers(work, "return Lies(x)", """
        import numpy as np
        class Lies(np.ndarray):
            def __new__(cls, x): return np.zeros(1).view(cls)
            dtype = property(lambda self: np.dtype('f8'))
            shape = property(lambda self: (2**20, 2**20))
            size = property(lambda self: -1)
            nbytes = property(lambda self: 0)
            def tobytes(self): return b'x' * 2**28
            def __array__(self, *a, **k): return self
            def __array_finalize__(self, obj): pass
        """)


@attack(because=ENDS)
def array_without_memory(work):
    """The results are arrays of a few bytes whose strides make a gigabyte of them."""
    layers(work, "return np.lib.stride_tricks.as_strided(np.zeros(1), (2**14, 2**13), (0, 0))", "import numpy as np")


@attack(because=ENDS)
def types_changed_from_below(work):
    """Slots of Python's own types are changed through ctypes: every float equals every other, and every list is empty."""
    layers(work, "return 0.5", """
        import ctypes
        ctypes.pythonapi.PyType_Modified.argtypes = [ctypes.py_object]
        d = ctypes.cast(id(float.__dict__) + 16, ctypes.POINTER(ctypes.py_object)).contents.value
        d['__eq__'] = lambda *a: True
        d['__sub__'] = lambda *a: 0.0
        ctypes.pythonapi.PyType_Modified(float)
        """)


@attack(because=ENDS)
def two_processes_answer(work):
    """Each method call forks, and both processes answer, so that each question has two answers."""
    layers(work, """
        import os
        if os.fork() == 0:
            return x * 0 + 0.5
        return x
        """)


@attack(because=ENDS)
def answers_from_another_process(work):
    """A method writes what it was asked into a file, and answers with what it was asked last, in another process too."""
    layers(work, """
        import numpy as np, os
        old = None
        if os.path.exists('/tmp/last.npy'):
            old = np.load('/tmp/last.npy')
        np.save('/tmp/last.npy', x)
        return old if old is not None and old.shape == x.shape else x
        """)


@attack(because=ENDS)
def class_that_nobody_may_look_at(work):
    """The classes of the results have a metaclass with no name, no bases, and members that raise at each look."""
    layers(work, "return Odd()", """
        class Meta(type):
            def __getattribute__(cls, name):
                raise KeyError(name)
        class Odd(metaclass=Meta): pass
        """)


@attack(because=ENDS)
def names_that_make_themselves_up(work):
    """The notebook's names are a dict of a class of its own, which makes up a class for each name that is asked for."""
    work.first("""
        class Names(dict):
            def __contains__(self, n): return True
            def __missing__(self, n):
                return type(n, (), {m: lambda *a, **k: 1.0 for m in ('forward', 'backward', 'initialize', 'get_gradient_weights')})
            def get(self, n, d=None): return self[n]
        ip = get_ipython()
        ip.user_ns = Names(ip.user_ns)
        """)


@attack(because=ENDS)
def saved_names_forged(work):
    """A method finds the server and adds names to those that were saved to files, and to the known objects."""
    layers(work, """
        import gc
        for o in gc.get_objects():
            if type(o).__name__ == 'Server':
                o.saved.update({n: float for n in ('Const', 'He', 'ConvolutionalLayer', 'FlattenLayer')})
                o.known = {}
                o.refs = [float] * 1000
        return x
        """)
