"""Outputs in forms that no library shows: odd types and names, tables of displays, frames sent by the cell itself."""

from tests.specimens.recipe import BEGINS, Outcome, attack, dedent

SOCKETS = """
import json, os, stat, struct
ends = [number for number in range(3, 100) if os.path.exists(f'/proc/self/fd/{number}')]
ends = [number for number in ends if stat.S_ISSOCK(os.fstat(number).st_mode)]
def send(header, body=b''):
    header = json.dumps(header).encode()
    data = memoryview(struct.pack('>II', 4 + len(header) + len(body), len(header)) + header + body)
    while data:
        data = data[os.write(ends[0], data):]
"""
"""Code that sends frames in the place of a cell's agent: the one socket that there is leads to the grader."""

LIMITS = (Outcome.TIME, Outcome.DIED, Outcome.MEMORY)


def sends(code):
    return SOCKETS + dedent(code)


@attack(solved=True)
def more_lost_than_a_number_tells(work):
    """A cell says of outputs that they have been left out, with as many bytes as Python reads digits."""
    work.first(sends("for _ in range(20):\n    send({'show': 'lost', 'size': int('9' * 4300)})"))


@attack(solved=True)
def longest_display_ids(work):
    """A cell shows outputs whose ids have 4 MB each."""
    work.first(sends("""
        text = json.dumps({'output_type': 'display_data', 'data': {'text/plain': 'x'}, 'metadata': {}}).encode()
        for number in range(50):
            send({'show': 'output', 'id': f'{number}' + 'x' * 2 ** 22}, text)
        """))


@attack(solved=True)
def a_display_updated_by_thousands(work):
    """A thousand displays have one id, and are updated a thousand times."""
    work.first("""
        from IPython.display import display, update_display
        for number in range(1_000):
            display(number, display_id='x')
        for number in range(1_000):
            update_display(number, display_id='x')
        """)


@attack(solved=True)
def outputs_of_empty_objects(work):
    """Each of four cells shows half a million empty objects, as JSON and as metadata."""
    for _ in range(4):
        work.first("""
            from IPython.display import display
            many = [{}] * 500_000
            display({'application/json': many, 'text/plain': 'x'}, raw=True)
            display({'text/plain': 'x'}, metadata={'x': many}, raw=True)
            """)


@attack(solved=True, page=True)
def nested_metadata(work):
    """The metadata of outputs are nested as deep as a parser allows, and deeper."""
    work.first("""
        from IPython.display import display
        for depth in (10, 300, 700, 990, 5_000):
            value = {}
            for _ in range(depth):
                value = {'image/png': value, 'x': [value]} if depth < 11 else {'image/png': value}
            try:
                display({'text/plain': 'x', 'image/png': 'x', 'application/json': value}, metadata=value, raw=True)
            except RecursionError:
                pass
        """)


@attack(solved=True, page=True)
def odd_types(work):
    """Outputs have types with script, with half characters, without a character, and with a megabyte of them."""
    work.first("""
        from IPython.display import display
        for kind in ('<script>proctorWasHere()</script>', 'image/png<script>proctorWasHere()</script>', '', ' ', '\\0', '../../x',
                     'text/html;charset=utf-7', 'TEXT/HTML', 'image/svg+xml ', 'application/' + 'x' * 10 ** 6 + '+json', '\\ud800/x'):
            display({kind: '<script>proctorWasHere()</script>'}, raw=True)
        display({f'application/x{number}': '' for number in range(20_000)}, raw=True)
        """)


@attack(solved=True, page=True)
def odd_frames(work):
    """Outputs are sent with counts, names and lines of types that no program expects."""
    work.first(sends("""
        odd = (None, True, -1, 10 ** 400, 1e308, float('nan'), 'x' * 10 ** 5, '\\ud800', [], {}, ['<script>proctorWasHere()</script>'] * 1000)
        for value in odd:
            for output in (
                {'output_type': 'execute_result', 'data': {'text/plain': value}, 'metadata': value, 'execution_count': value},
                {'output_type': 'stream', 'name': value, 'text': value},
                {'output_type': 'error', 'ename': value, 'evalue': value, 'traceback': value},
                {'output_type': value},
            ):
                for show in ('output', 'update', 'clear', value):
                    send({'show': show, 'id': value, 'wait': value}, json.dumps(output).encode())
        """))


@attack(because=(*BEGINS, *LIMITS))
def done_before_it_is(work):
    """A cell says a hundred times that it is done, with results and errors in it, and goes on."""
    work.first(sends("""
        for number in range(100):
            send({'done': True, 'lacks': ['x'] * 100, 'error': {'kind': 'ExceptionGroup', 'text': 'x'}, 'value': 1.0})
        """))


@attack(solved=True)
def exception_of_exceptions(work):
    """A cell raises a group of groups of exceptions, and one whose text cannot be told."""
    work.first("""
        error = ValueError()
        for _ in range(500):
            error = ExceptionGroup('x' * 1000, [error, error])
        raise error
        """)
    work.first("""
        class Untold(Exception):
            def __str__(self):
                raise self
            __repr__ = __str__
        raise Untold
        """)


@attack(solved=True)
def shown_and_cleared_by_thousands(work):
    """A cell shows pictures of text under ids, and clears its outputs after each of five thousand, sometimes later."""
    work.first("""
        from IPython.display import clear_output, display
        for number in range(5_000):
            display(f'{number}' * 100, display_id=f'{number % 2_000}')
            clear_output(wait=number % 2 == 0)
        """)
