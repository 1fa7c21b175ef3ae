"""NumPy, SciPy, and what is printed and drawn."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from proctor.criteria import points
from tests.proctor.criteria.idioms.idiom import Idiom


class Approximate(Idiom):
    """An approximate number"""

    needs = ("pi",)
    right = "def pi(n): return 4 * sum((-1) ** k / (2 * k + 1) for k in range(n))"
    wrong = "def pi(n): return 3.14"
    hint = "within 4 places"

    @points(1)
    def test_it(self):
        """Pi is approximated."""
        self.assertAlmostEqual(self.pi(10), 3.14, delta=0.2)
        self.assertAlmostEqual(self.pi(50_000), np.pi, places=4)


class Testing(Idiom):
    """`np.testing`"""

    needs = ("softmax",)
    right = "import numpy as np\ndef softmax(x):\n    e = np.exp(x - x.max())\n    return e / e.sum()"
    wrong = "import numpy as np\ndef softmax(x): return np.exp(x) / x.size"
    hint = "Mismatched elements: 2 / 2"

    @points(1)
    def test_it(self):
        """The entries are right."""
        np.testing.assert_allclose(self.softmax(np.log([1.0, 3.0])), [0.25, 0.75], rtol=1e-6)


class TestingOfList(Idiom):
    """`np.testing` on a list, and on an object that is like an array"""

    needs = ("doubled", "Vector")
    right = """
        import numpy as np
        def doubled(x): return [2 * each for each in x]
        class Vector:
            def __init__(self, *x): self.x = x
            def __array__(self, dtype=None, copy=None): return np.array(self.x, dtype)
    """
    wrong = right.replace("[2 * each", "[3 * each")

    @points(1)
    def test_it(self):
        """Each entry is doubled."""
        np.testing.assert_array_equal(self.Vector(1, 2), [1, 2])
        np.testing.assert_array_equal(self.doubled([1, 2]), [2, 4])


class ShapeAndDtype(Idiom):
    """Shape and dtype"""

    needs = ("zeros",)
    right = "import numpy as np\ndef zeros(n): return np.zeros((n, n), dtype=np.float32)"
    wrong = "import numpy as np\ndef zeros(n): return np.zeros((n, n))"

    @points(1)
    def test_it(self):
        """The array is square and in single precision."""
        self.assertEqual(self.zeros(2).shape, (2, 2))
        self.assertEqual(self.zeros(2).dtype, np.float32)


class DtypeIn(Idiom):
    """A dtype as an argument"""

    needs = ("ones",)
    right = "import numpy as np\ndef ones(n, dtype): return np.ones(n, dtype=dtype)"
    wrong = "import numpy as np\ndef ones(n, dtype): return np.ones(n)"

    @points(1)
    def test_it(self):
        """The dtype is kept."""
        for dtype in (np.int32, np.dtype("f4"), int):
            self.assertEqual(self.ones(2, dtype=dtype).dtype, np.dtype(dtype))


class TextArrays(Idiom):
    """Arrays of texts and dates"""

    needs = ("sorted_names", "days")
    right = """
        import numpy as np
        def sorted_names(names): return np.sort(names)
        def days(start, n): return start + np.arange(n)
    """
    wrong = right.replace("np.sort(names)", "names")

    @points(1)
    def test_it(self):
        """Names are sorted, days follow."""
        start = np.datetime64("2024-02-28")
        self.assertEqual(self.days(start, 3)[2], np.datetime64("2024-03-01"))
        np.testing.assert_array_equal(self.sorted_names(np.array(["b", "ä", "a"])), ["a", "b", "ä"])


class Masked(Idiom):
    """Masked arrays"""

    needs = ("cleaned",)
    right = "import numpy as np\ndef cleaned(x): return np.ma.masked_invalid(x)"
    wrong = "import numpy as np\ndef cleaned(x): return np.ma.masked_array(x)"

    @points(1)
    def test_it(self):
        """What is no number is masked."""
        clean = self.cleaned(np.array([1.0, np.nan]))
        self.assertIsInstance(clean, np.ma.MaskedArray)
        self.assertEqual(clean.mask.tolist(), [False, True])


class Sparse(Idiom):
    """Sparse matrices"""

    needs = ("laplacian", "times")
    right = """
        from scipy import sparse
        def laplacian(n): return sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(n, n)).tocsr()
        def times(a, x): return a @ x
    """
    wrong = right.replace("-1.0, 2.0, -1.0", "1.0, 2.0, 1.0")

    @points(1)
    def test_it(self):
        """The matrix has three diagonals."""
        np.testing.assert_allclose(self.times(sparse.csr_matrix(np.eye(2)), np.ones(2)), [1, 1])
        matrix = self.laplacian(3)
        self.assertEqual(matrix.format, "csr")
        self.assertEqual(matrix.nnz, 7)
        np.testing.assert_allclose(matrix.toarray(), [[2, -1, 0], [-1, 2, -1], [0, -1, 2]])


class RandomGenerator(Idiom):
    """A random generator of the test's"""

    needs = ("dice",)
    right = "def dice(rng, n): return rng.integers(1, 7, size=n)"
    wrong = "def dice(rng, n): return rng.integers(1, 6, size=n)"

    @points(1)
    def test_it(self):
        """All numbers come up: 1000 throws miss one with a chance of 6 * (5/6)**1000 < 1e-78."""
        throws = self.dice(np.random.default_rng(self.seed), 1000)
        self.assertEqual(set(throws.tolist()), {1, 2, 3, 4, 5, 6})


class Mirrored(Idiom):
    """An array on the left of a student's object"""

    needs = ("Scale",)
    right = """
        class Scale:
            __array_ufunc__ = None
            def __init__(self, by): self.by = by
            def __mul__(self, x): return self.by * x
            __rmul__ = __mul__
            def __rmatmul__(self, x): return self.by * x.sum()
    """
    wrong = right.replace("self.by * x.sum()", "x.sum()")

    @points(1)
    def test_it(self):
        """A scale multiplies from both sides."""
        scale = self.Scale(3)
        np.testing.assert_array_equal(np.array([1, 2]) * scale, [3, 6])
        self.assertEqual(np.float64(2) * scale, 6)
        self.assertEqual(np.array([1, 2]) @ scale, 9)


class Printed(Idiom):
    """What is printed"""

    needs = ("greet",)
    right = "def greet(name): print('Hello', name)"
    wrong = "def greet(name): return f'Hello {name}'"

    @points(1)
    def test_it(self):
        """The greeting is printed."""
        self.greet("Ada")
        self.assertEqual(self.printed(), "Hello Ada\n")
        self.greet("Bob")
        self.assertEqual(self.printed(), "Hello Bob\n")
        self.assertEqual(self.printed(), "")


class Plot(Idiom):
    """A plot that a function draws"""

    needs = ("plot_sine",)
    right = """
        import matplotlib.pyplot as plt, numpy as np
        def plot_sine():
            x = np.linspace(0, 6, 50)
            plt.figure()
            plt.plot(x, np.sin(x), 'r--', label='sine')
            plt.title('Sine'); plt.xlabel('x'); plt.ylabel('y'); plt.legend()
    """
    wrong = right.replace("plt.xlabel('x'); ", "")
    hint = "The axes have no labels."

    @points(1)
    def test_it(self):
        """The sine is drawn, with a title and labels."""
        self.plot_sine()
        axes = self.figures()[-1].axes[0]
        self.assertEqual((axes.title, axes.legend), ("Sine", ("sine",)))
        (line,) = axes.lines
        self.assertEqual((line.style, line.color, line.label), ("--", "r", "sine"))
        np.testing.assert_allclose(line.y, np.sin(line.x), atol=1e-12)
        self.assertTrue(axes.xlabel and axes.ylabel, "The axes have no labels.")


class PlotVariable(Idiom):
    """Axes that a cell has drawn in, as a variable"""

    needs = ("ax",)
    right = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2], [3, 4]); ax.set_xlabel('t')"
    wrong = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2], [3, 5]); ax.set_xlabel('t')"

    @points(1)
    def test_it(self):
        """A line is drawn."""
        self.assertEqual(self.ax.get_xlabel(), "t")
        np.testing.assert_array_equal(self.ax.lines[0].get_ydata(), [3, 4])
