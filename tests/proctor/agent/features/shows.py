"""Features that show something: text, rich outputs, figures, widgets."""

FIGURE = "import matplotlib.pyplot as plt\n"

NOTEBOOKS = {
    "text": {
        "print": ["print('a', 1)\nprint('no newline', end='')", "print(1, 2, sep='-', flush=True)", "print()"],
        "print to stderr": ["import sys\nprint('to stderr', file=sys.stderr)\nsys.stderr.write('more\\n')"],
        "interleaved": ["for i in range(3):\n    print('out', i)\n    print('err', i, file=sys.stderr)"],
        "results": ["1 + 1", "_ + 1", "_, __, ___", "sorted(Out), In[:2], _1", "x = 5", "None"],
        "semicolon": ["3;", "3 ; # shown?", "'a;b'"],
        "assignment shows nothing": ["y = 7\ny;", "(z := 8)"],
        "several expressions": ["1\n2\n3", "if True:\n    4"],
        "all expressions": [
            "from IPython.core.interactiveshell import InteractiveShell\n"
            "InteractiveShell.ast_node_interactivity = 'all'",
            "1\n2\nprint(3)\n4",
            "InteractiveShell.ast_node_interactivity = 'last_expr'",
        ],
        "long representations": ["list(range(2000))", "{i: str(i) for i in range(1200)}", "'x' * 3000", "set('cab')"],
        "empty cells": ["", "   \n\n", "# only a comment", "pass"],
        "unicode": ["print('äß 中文 🎉 \\u0301')", "'é'", "print('\\x00\\x07\\x1b[31mred\\x1b[0m')", "'\\x1b'"],
        "surrogates": ["print(ascii('\\ud800'))", "'\\ud800'"],
        "carriage returns": ["print('a\\rb')\nprint('50%\\r', end='')\nprint('100%')", "print('abc\\b\\bX')"],
        "a very long line": ["print('y' * 100_000)"],
        "attributes of stdout": [
            "print(sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.closed, sys.stdout.writable())",
            "sys.stdout.readable(), sys.stdout.seekable(), sys.stdout.errors, sys.stdout.name, sys.stderr.name",
            "sys.stdout.writelines(['a\\n', 'b\\n'])", "sys.stdout.write('text')", "try:\n    sys.stdout.write(b'bytes')\nexcept TypeError as e:\n    print(e)",
            "hasattr(sys.stdout, 'buffer'), hasattr(sys.stdout, 'reconfigure'), sys.stdout.line_buffering",
        ],
        "stdout's type": ["type(sys.stdout).__mro__[1:]", "sys.stdout.newlines, sys.stdin.isatty()"],
        "stdout's own methods": [
            "sys.stdout.reconfigure(encoding='utf-8')", "sys.stdout.buffer.write(b'x')", "sys.stdout.read()",
            "isinstance(sys.stdout.fileno(), int)", "sys.stdout.detach()",
        ],
        "redirect_stdout": [
            "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as text:\n    print('hidden')",
            "text.getvalue()",
            "with contextlib.redirect_stderr(sys.stdout):\n    print('now out', file=sys.stderr)",
        ],
        "replaced stdout": ["old = sys.stdout\nsys.stdout = io.StringIO()\nprint('gone')\n1", "sys.stdout = old\nprint('back')"],
        "original streams": ["print('to __stdout__', file=sys.__stdout__, flush=True)\nimport time\ntime.sleep(.3)"],
        "logging": [
            "import logging\nlogging.warning('root %s', 1)\nlogging.info('no')",
            "logging.getLogger('mine').error('mine')",
            "h = logging.StreamHandler(sys.stdout)\nlogging.getLogger('two').addHandler(h)\n"
            "logging.getLogger('two').error('both')",
            "logging.getLogger('two').exception('no exception')",
        ],
        "loggers of the start": [
            "logging.root.level, logging.root.handlers, logging.lastResort",
            "logging.basicConfig(level=logging.DEBUG, format='%(message)s', force=True)\nlogging.debug('seen')",
        ],
        "warnings": [
            "import warnings\nfor _ in range(3):\n    warnings.warn('once')",
            "def f():\n    warnings.warn('in f', DeprecationWarning, stacklevel=2)\nf()\nf()",
            "warnings.simplefilter('error')\nwarnings.warn('raised')", "warnings.resetwarnings()",
            "import numpy as np\nnp.array([1.]) / 0", "'\\d'\n1 is 1",
        ],
        "a missing newline before a result": ["print('text', end='')\n5"],
    },
    "rich": {
        "formats": [
            "from IPython.display import *\ndisplay(HTML('<b>x</b>'), Markdown('*y*'), Latex('$z$'))",
            "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))", "Math('x^2')", "Javascript('1')", "JSON({'a': 1})",
            "display('text', 5, None, [1])", "HTML('<i>result</i>')", "Code('x = 1')", "Pretty('pretty')", "GeoJSON({'type': 'Point'})",
        ],
        "images": [
            "import base64\npng = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')",
            "Image(png)", "display(Image(png, width=20))", "Image(data=png, format='png', metadata={'alt': 'dot'})",
            "import io\nfrom PIL import Image as Pil\nb = io.BytesIO()\nPil.new('RGB', (2, 2)).save(b, 'jpeg')\nImage(b.getvalue())",
            "Pil.new('RGB', (3, 3), 'red')", "Image(url='http://nowhere/x.png')",
        ],
        "audio and files": ["FileLink('missing.txt')", "IFrame('http://nowhere', 10, 10)", "YouTubeVideo('abc')", "Audio(b'RIFF', embed=True)"],
        "raw bundles": [
            "display({'text/plain': 'p', 'application/vnd.own+json': {'k': [1, 2]}}, raw=True)",
            "publish_display_data({'text/html': '<u>h</u>'}, metadata={'text/html': {'isolated': True}})",
            "display({'image/png': png}, raw=True)",
            "display({'text/plain': b'bytes'}, raw=True)",
            "publish_display_data('not a dict')", "import numpy as np\ndisplay({'application/json': {'a': np.int64(1), 1: (2, 3)}}, raw=True)",
        ],
        "display_id": [
            "h = display('one', display_id='a')", "h.update('two')", "update_display('three', display_id='a')", "h.display('again')",
            "d = display('x', display_id=True)\nd.update(HTML('<b>y</b>'))\nprint(type(d).__name__)", "d.update('later')",
            "display('new', display_id='a')\nupdate_display('all of them', display_id='a')",
            "update_display('nothing has it', display_id='none')", "display('u', display_id='b', update=True)",
            "DisplayHandle()", "display(1, 2, display_id='c')\nupdate_display(3, display_id='c')",
        ],
        "clear_output": [
            "print('gone')\nclear_output()\nprint('stays')", "print('gone')\nclear_output(wait=True)\nprint('stays')",
            "print('stays')\nclear_output(wait=True)", "print('next')", "for i in range(5):\n    clear_output(wait=True)\n    print(i)",
            "display('a', display_id='z')\nclear_output()\nupdate_display('b', display_id='z')\nprint('end')",
            "display('x')\nclear_output()", "clear_output()\n5", "print('a')\nclear_output(wait=True)\n6",
            "print('big' * 1000)\nclear_output()\nprint('small')",
        ],
        "clear_output, then an error": ["print('a')\nclear_output(wait=True)\n1/0"],
        "own representations": [
            "class A:\n    def _repr_html_(self): return '<b>A</b>'\n    def __repr__(self): return 'A!'\nA()", "[A()]", "display(A())",
            "class B:\n    def _repr_mimebundle_(self, include=None, exclude=None): return {'text/x': 'b'}, {'text/x': {'m': 1}}\nB()",
            "class C:\n    def _ipython_display_(self): print('shown by itself')\nC()", "display(C())",
            "class D:\n    def _repr_png_(self): return png\n    def _repr_latex_(self): return '$d$'\n    def _repr_json_(self): return {'d': 1}\nD()",
            "class E:\n    def _repr_html_(self): return None\nE()",
            "class F:\n    def _repr_pretty_(self, p, cycle): p.text('pretty F')\nF()",
            "class G:\n    def _repr_svg_(self): return '<svg/>'\n    def _repr_markdown_(self): return '*m*'\n    def _repr_javascript_(self): return '1'\nG()",
        ],
        "representations that fail": [
            "class H:\n    def _repr_html_(self): raise ValueError('in html')\n    def __repr__(self): return 'H'\nH()",
            "class I:\n    def __repr__(self): raise ValueError('in repr')\nI()", "display(I())", "print(I())",
            "class J:\n    def __repr__(self): return 5\nJ()", "class K:\n    def _ipython_display_(self): raise ValueError('in display')\nK()",
            "class L:\n    def _repr_html_(self): return 5\n    def __repr__(self): return 'L'\nL()",
        ],
        "formatters": [
            "f = get_ipython().display_formatter.formatters['text/html']\nf.for_type(int, lambda n: f'<b>{n}</b>')\n5", "f.pop(int)\n5",
            "get_ipython().display_formatter.formatters['text/plain'].for_type(complex, lambda c, p, cycle: p.text('complex'))\n1j",
        ],
        "display hooks": [
            "import sys\nhook = sys.displayhook\ntype(hook).__mro__[1].__name__", "get_ipython().displayhook.prompt_count",
            "def own(value): print('own', value)\nsys.displayhook = own\n5", "sys.displayhook('called')",
        ],
        "numpy's options": [
            "import numpy as np\nnp.set_printoptions(precision=2)\nnp.array([1 / 3])", "np.arange(3000)", "np.eye(2)", "np.float64(1.5)", "np.set_printoptions()",
        ],
        "progress": ["ProgressBar(3)", "for i in ProgressBar(2):\n    pass"],
    },
    "figures": {
        "at the end of a cell": [FIGURE + "plt.plot([1, 2])", "plt.figure(figsize=(2, 1))\nplt.plot([2, 1]);", "print('no figure')"],
        "several": ["for i in range(3):\n    plt.figure(figsize=(1, 1))\n    plt.plot([i])", "fig, ax = plt.subplots(2, 2, figsize=(3, 3))"],
        "show in the middle": ["plt.plot([1])\nprint('before')\nplt.show()\nprint('after')\nplt.plot([2]);"],
        "figure as a result": ["fig", "display(fig)", "fig.savefig('a.png')\nimport os\nos.path.getsize('a.png') > 0"],
        "fig.show": ["g = plt.figure(figsize=(1, 1))\ng.show()"],
        "close": ["plt.plot([1])\nplt.close()", "plt.figure(figsize=(1, 1))\nplt.close('all')\n5"],
        "ioff": ["plt.ioff()\nplt.figure(figsize=(1, 1))", "plt.show()", "plt.ion()\nplt.figure(figsize=(1, 1));"],
        "an error after a figure": ["plt.plot([1])\n1/0", "print('next')"],
        "backend": ["import matplotlib\nmatplotlib.get_backend()", "plt.isinteractive(), plt.get_fignums()"],
        "settings": ["plt.rcParams['figure.figsize'], plt.rcParams['figure.dpi'], plt.rcParams['savefig.dpi'], plt.rcParams['figure.facecolor']"],
        "all settings": ["import hashlib\n{k: v for k, v in matplotlib.rcParams.items() if matplotlib.rcParamsDefault[k] != v}"],
        "animation": [
            "from matplotlib.animation import FuncAnimation\nfrom IPython.display import HTML\nfig, ax = plt.subplots(figsize=(1, 1))\n"
            "line, = ax.plot([1])\na = FuncAnimation(fig, lambda i: line.set_ydata([i]) or [line], frames=2)\nhtml = a.to_jshtml()\nplt.close()\n"
            "type(HTML(html)), html.count('<img'), html.count('frames[')",
        ],
        "imshow": ["plt.figure(figsize=(1, 1))\nplt.imshow([[1, 2], [3, 4]])\nplt.colorbar()\nplt.show()"],
        "a figure that fails to draw": ["plt.figure(figsize=(1, 1))\nplt.title('$\\\\frac$')", "print('next')"],
        "style": ["with plt.style.context('ggplot'):\n    plt.figure(figsize=(1, 1))\n    plt.plot([1])\n    plt.show()"],
        "transparent": ["plt.figure(figsize=(1, 1), facecolor='none')\nplt.plot([1]);"],
    },
    "figures inline": {
        "matplotlib inline": ["%matplotlib inline", FIGURE + "plt.figure(figsize=(1, 1))\nplt.plot([1, 2]);", "%matplotlib inline\nplt.plot([2]);"],
        "figure_format": [
            "%config InlineBackend.figure_format = 'svg'", "plt.rcParams['svg.hashsalt'] = 's'\nplt.figure(figsize=(1, 1))\nplt.plot([1]);",
            "%config InlineBackend.figure_format = 'retina'\nplt.figure(figsize=(1, 1))\nplt.plot([1]);",
            "%config InlineBackend.figure_formats = ['png', 'jpeg']\nplt.figure(figsize=(1, 1))\nplt.plot([1]);",
            "%config InlineBackend.figure_format = 'png'",
        ],
        "set_matplotlib_formats": ["from matplotlib_inline.backend_inline import set_matplotlib_formats\nset_matplotlib_formats('svg')\nplt.figure(figsize=(1, 1));"],
        "InlineBackend": ["%config InlineBackend"],
        "rc": ["%config InlineBackend.rc = {'figure.figsize': (1, 1)}\n%matplotlib inline\nplt.figure().get_size_inches()"],
        "keeping figures": ["%config InlineBackend.close_figures = False\nplt.figure(figsize=(1, 1))\nplt.plot([1]);", "plt.gcf().get_size_inches(), plt.get_fignums()", "plt.close('all')"],
        "list of backends": ["%matplotlib --list"],
    },
    "figures first inline": {"inline before the import": ["%matplotlib inline\nimport matplotlib.pyplot as plt", "plt.plot([1, 2]);"]},
    "figures pylab": {"pylab": ["%pylab inline", "plot([1, 2]);", "'np' in globals(), 'linspace' in globals()"]},
    "figures agg": {
        "use('agg')": ["import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt\nplt.plot([1])", "plt.show()", "plt.gcf()", "matplotlib.get_backend(), plt.get_fignums()", "plt.savefig('x.png')\nprint('saved')"],
    },
    "figures switched": {
        "switch_backend": [FIGURE + "plt.switch_backend('agg')\nplt.plot([1])", "plt.show()", "plt.switch_backend('module://matplotlib_inline.backend_inline')\nplt.plot([1]);"],
        "magic agg": ["%matplotlib agg", "plt.plot([1])"], "magic inline again": ["%matplotlib inline\nplt.plot([1]);"],
        "a window": ["%matplotlib qt"], "use('TkAgg')": ["import matplotlib\nmatplotlib.use('TkAgg')"], "unknown": ["%matplotlib nothing"],
    },
    "figures by object": {
        "without pyplot": ["from matplotlib.figure import Figure\nf = Figure(figsize=(1, 1))\nf.subplots().plot([1])", "f", "display(f)"],
    },
    "widgets": {
        "fallback text": ["import ipywidgets\nw = ipywidgets.IntSlider(3)\nw", "display(w)", "w.value = 5\nw"],
        "button": ["b = ipywidgets.Button(description='go')\nb.on_click(lambda _: print('clicked'))\nb.click()"],
        "interact": ["@ipywidgets.interact(x=(0, 3))\ndef f(x=1):\n    print('x', x)\n    return x"],
        "output widget": ["o = ipywidgets.Output()\nwith o:\n    print('inside')\nprint('outside')", "@o.capture()\ndef g():\n    print('captured')\ng()", "with o:\n    1/0", "o.append_stdout('more')", "o.clear_output()"],
        "boxes": ["ipywidgets.VBox([w, b])", "ipywidgets.HTML('<b>x</b>')", "ipywidgets.FloatProgress(0.5)"],
        "comm": ["import comm\nc = comm.create_comm(target_name='mine', data={'a': 1})\nc.send({'b': 2})\nc.close()", "type(comm.get_comm_manager()).__name__", "hasattr(c, 'comm_id')"],
        "kernel": ["get_ipython().kernel is not None", "get_ipython().kernel.comm_manager is comm.get_comm_manager()"],
        "rich": [
            "from rich import print as rprint\nrprint('[bold]bold[/bold]', {'a': 1})", "from rich.table import Table\nt = Table('a', 'b')\nt.add_row('1', '2')\nt",
            "from rich.progress import track\nfor i in track(range(2), disable=True):\n    pass", "from rich.console import Console\nConsole().is_jupyter, Console().width",
            "from rich import pretty\npretty.install()\n{'a': [1, 2]}",
        ],
    },
}
