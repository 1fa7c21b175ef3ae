"""Points that nobody has earned: forged cells, outputs and metadata, and a patched kernel."""

import json

from tests.specimens.recipe import ALL, BEGINS, Outcome, attack, cells, nbformat

new_output = nbformat.v4.new_output


@attack()
def forged_outputs(work):
    """The graded cells come with outputs that say 100."""
    for cell in work.graded():
        cell.outputs = [new_output("execute_result", data={"text/plain": "100.0"})]


@attack()
def forged_points(work):
    """The graded cells say that they are worth 100 points, are not locked, and hold another test."""
    for cell in work.graded():
        cell.metadata.nbgrader.update(points=100, locked=False, checksum="0" * 32)
        cell.source = "100.0"


@attack()
def skipped_execution(work):
    """Tags ask the executing program to leave the graded cells alone, outputs included."""
    for cell in work.graded():
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]
        cell.outputs = [new_output("execute_result", data={"text/plain": "4.0"})]


@attack()
def graded_cells_as_solutions(work):
    """The graded cells claim to be solutions, which a person would have to grade."""
    for cell in work.graded():
        cell.metadata.nbgrader.update(solution=True, locked=False)


@attack()
def graded_cells_as_text(work):
    """The graded cells have become text that says they passed."""
    for index, cell in enumerate(work.notebook.cells):
        if cell in work.graded():
            text = nbformat.v4.new_markdown_cell("Passed.")
            text.metadata = cell.metadata
            work.notebook.cells[index] = text


@attack()
def swapped_ids(work):
    """Each graded cell bears the name of another one."""
    names = [cell.metadata.nbgrader.grade_id for cell in work.graded()]
    for cell, name in zip(work.graded(), names[1:] + names[:1]):
        cell.metadata.nbgrader.grade_id = name


@attack()
def twin_cells(work):
    """Before each graded cell stands a twin that gives full points."""
    for cell in work.graded():
        twin = nbformat.from_dict({**cell, "id": cell.id + "-twin", "source": "100.0"})
        work.notebook.cells.insert(work.notebook.cells.index(cell), twin)


@attack()
def bonus_cell(work):
    """A graded cell that the exercise does not have is worth 1,000 points."""
    cell = nbformat.v4.new_code_cell("1000.0")
    cell.metadata["nbgrader"] = {
        "grade": True, "solution": False, "locked": True, "points": 1000, "grade_id": "bonus", "schema_version": 3,
        "cell_type": "code", "task": False, "checksum": "",
    }  # fmt: skip
    work.notebook.cells.append(cell)


@attack()
def odd_metadata(work):
    """Metadata are of types that no program expects."""
    work.notebook.metadata = {"kernelspec": [1], "proctor": {"sandboxed": True, "unreadable": ""}, "widgets": {"a": "<b>"}}
    odd = [None, [], {"grade_id": ["x"]}, {"grade_id": "sigmoid_forward", "points": "NaN"}, {"points": 1e400}, "text"]
    for cell, value in zip(work.graded(), odd):
        cell.metadata["nbgrader"] = value
    work.raw = json.dumps(work.notebook).encode()


@attack(ALL, (*BEGINS, Outcome.UNREADABLE))
def odd_cells(work):
    """Cells are numbers, lists, have no type, or a text that is none."""
    cells_ = [*work.notebook.cells, 1, None, [], {}, {"cell_type": "code"}, {"cell_type": "odd", "source": 3, "metadata": 1}]
    cells_ += [{"cell_type": "code", "source": {"a": 1}, "metadata": {"nbgrader": {"grade_id": "conv"}}, "outputs": 5}]
    work.raw = json.dumps({**work.notebook, "cells": cells_}).encode()


@attack(notice="the graded cells were put back")
def forged_reason(work):
    """The notebook has no cell, and claims to be one that the grader could not read, for a reason with script in it."""
    work.notebook.cells = []
    work.notebook.metadata = {"proctor": {"unreadable": "<script>proctorWasHere()</script>", "points": 25}}


@attack(ALL, Outcome.UNREADABLE, "no Jupyter notebook")
def deep_json(work):
    """The file nests 100,000 lists, which no parser survives by recursion."""
    work.raw = b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b', "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@attack(ALL, Outcome.UNREADABLE, "holds more than")
def thousands_of_cells(work):
    """There are 100,000 cells."""
    cell = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": None}
    work.raw = json.dumps({**work.notebook, "cells": [cell] * 100_000}).encode()


@attack(because=(*BEGINS, Outcome.DIED))
def ast_transformer(work):
    """A transformer of the kernel turns each cell into the number 100."""
    work.first("""
        import ast
        class Full(ast.NodeTransformer):
            def visit_Module(self, node):
                return ast.parse('100.0')
        get_ipython().ast_transformers.append(Full())
        """)


@attack(because=(*BEGINS, Outcome.DIED))
def input_transformer(work):
    """A hook of the kernel's input turns each cell into the number 100."""
    work.first("get_ipython().input_transformers_cleanup.append(lambda lines: ['100.0\\n'])")


@attack(because=(*BEGINS, Outcome.DIED, Outcome.ERROR))
def replaced_run_cell(work):
    """The shell's run_cell is replaced by one that shows 100, and that never ends, since run_cell calls run_cell_async."""
    work.first("""
        shell = get_ipython()
        honest = type(shell).run_cell
        def run_cell(self, *args, **kwargs):
            return honest(self, '100.0')
        type(shell).run_cell = type(shell).run_cell_async = run_cell
        """)


@attack(because=(*BEGINS, Outcome.DIED))
def replaced_run_code(work):
    """The shell's run_code does nothing and is content."""
    work.first("""
        async def run_code(self, *args, **kwargs):
            return False
        type(get_ipython()).run_code = run_code
        """)


@attack()
def silent_failures(work):
    """The shell no longer shows any error."""
    work.first("""
        shell = type(get_ipython())
        shell.showtraceback = shell._showtraceback = shell.showsyntaxerror = lambda *args, **kwargs: None
        """)


@attack()
def result_after_each_cell(work):
    """After each cell a result of 100 is published."""
    work.first("""
        get_ipython().events.register('post_run_cell', lambda result: get_ipython().displayhook(100.0))
        get_ipython().events.register('pre_run_cell', lambda info: get_ipython().displayhook(100.0))
        """)


@attack(because=(*BEGINS, Outcome.ERROR))
def result_from_a_method(work):
    """A forward pass publishes a result of 1, as if it were the graded cell's."""
    work.replace("activation_functions", """
from src.base import BaseLayer
class Sigmoid(BaseLayer):
    def forward(self, x):
        get_ipython().displayhook(1.0)
        raise SystemExit
    backward = forward
class ReLU(Sigmoid):
    pass
""")


@attack()
def forged_messages(work):
    """Messages to the front end are forged: results for all cells, and that all of them are done."""
    work.first("""
        import threading, time
        kernel = get_ipython().kernel
        def flood():
            while True:
                for n in range(200):
                    kernel.session.send(kernel.iopub_socket, 'execute_result', {
                        'data': {'text/plain': '100.0'}, 'metadata': {}, 'execution_count': n}, parent=kernel.get_parent())
                    kernel.session.send(kernel.iopub_socket, 'status', {'execution_state': 'idle'}, parent=kernel.get_parent())
                time.sleep(0.05)
        threading.Thread(target=flood, daemon=True).start()
        """)


@attack()
def broken_messages(work):
    """What is sent to the front end is no message at all."""
    work.first("""
        kernel = get_ipython().kernel
        for junk in ([b''], [b'<IDS|MSG>'], [b'x', b'<IDS|MSG>', b'', b'{', b'{', b'{', b'{'], [b'0' * 2 ** 20] * 9):
            kernel.iopub_thread.send_multipart(junk)
        for content in ({}, {'execution_state': 5}, {'name': 3, 'text': []}, {'data': 'x', 'metadata': 1}, [1, 2], None):
            for kind in ('status', 'stream', 'display_data', 'error', 'clear_output', 'execute_result'):
                kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
        """)


@attack()
def report_of_its_own(work):
    """A cell shows a report like the grader's, with all points in it."""
    work.first("""
        from IPython.display import display
        report = {'grade_id': 'conv_forward', 'title': 'x', 'verdicts': [{'criterion': 'a', 'sentence': 'b',
                  'outcome': 'PASSED', 'worth': 4.0, 'rung': None, 'hint': '', 'misconception': '', 'remarks': []}]}
        display({'application/vnd.proctor.report+json': report, 'text/plain': '4.0'}, raw=True)
        """)
    work.notebook.cells[0].metadata["nbgrader"] = {"grade": True, "grade_id": "conv_forward", "points": 4}


@attack(solved=True)
def no_snapshot(work):
    """The kernel can no longer fork, so that nobody can look at a copy of it."""
    work.last("import os\nos.fork = lambda: 1")


@attack(because=(*BEGINS, Outcome.DIED))
def nothing_to_judge(work):
    """The functions that the grader's side would use in the kernel are all replaced."""
    work.first("""
        import os, builtins, socket, json, struct
        os.fork = lambda: 0
        socket.socket = struct.pack = json.dumps = json.loads = None
        builtins.compile = builtins.exec = lambda *args, **kwargs: None
        """)


@attack(cells("conv_initialize"), Outcome.FAILED, solved=True)
def record_of_an_initializer(work):
    """The layer numbers its weights itself, and writes into the initializers that it has asked them."""
    work.method("ConvolutionalLayer.initialize", """
        count = len(self.weights)
        for name, asked, first in ("weights", weights_initializer, 0.5), ("bias", bias_initializer, 1000.5):
            array = getattr(self, name)
            setattr(self, name, first + np.arange(float(array.size)).reshape(array.shape))
            asked.handed = [((count, array.size // count) if name == "weights" else (count,), first)]
        """)
