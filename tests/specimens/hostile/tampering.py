"""Attacks on what runs inside the sandbox beside the student's code: the agent, its sockets, its memory."""

from tests.specimens.recipe import ALL, BEGINS, Outcome, attack

ENDS = (*BEGINS, Outcome.FAILED, Outcome.ERROR, Outcome.DIED, Outcome.TIME)

LAYERS = """
import gc, json, os, socket, struct, sys
from src.base import BaseLayer

def connection():
    for number in range(3, 256):
        try:
            found = socket.socket(fileno=number)
            if found.family == socket.AF_UNIX:
                found.settimeout(None)
                yield found
            else:
                found.detach()
        except OSError:
            continue

def server():
    frame = sys._getframe(1)
    while frame is not None:
        if type(frame.f_locals.get('self')).__name__ == 'Server':
            return frame.f_locals['self']
        frame = frame.f_back

class Sigmoid(BaseLayer):
    def forward(self, x):
{body}
    backward = forward
class ReLU(Sigmoid):
    pass
class FlattenLayer(Sigmoid):
    pass
"""


def tampers(body):
    lines = body.strip("\n").splitlines()
    margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    code = "\n".join(" " * 8 + line[margin:] for line in lines)

    def change(work):
        work.replace("activation_functions", LAYERS.format(body=code))

    return change


def raw(payload):
    """Send bytes to the grader instead of an answer, and wait."""
    return tampers(f"""
        for link in connection():
            link.sendall({payload})
        import time
        time.sleep(60)
        """)


def header(text):
    """Answer with a frame whose header is `text`."""
    return raw(f"(lambda text: struct.pack('>II', 4 + len(text), len(text)) + text)({text})")


def case(name, says, change, because=ENDS):
    def recipe(work):
        change(work)
    recipe.__name__, recipe.__doc__ = name, says
    globals()[name] = attack(ALL, because)(recipe)


case("wall_garbage", "A method writes garbage to the wall's socket.", raw("os.urandom(100_000)"))
case("wall_huge_frame", "A method announces an answer of 4 GB.", raw("b'\\xff' * 8 + b'x' * 1000"))
case("wall_lying_length", "A method announces less header than there is.", raw("struct.pack('>II', 10, 2 ** 31) + b'{}' * 3"))
case("wall_slow_frame", "A method announces an answer, and sends it byte by byte, for ever.", tampers("""
        import time
        for link in connection():
            link.sendall(struct.pack('>II', 10 ** 7, 10))
            while True:
                link.sendall(b'x')
                time.sleep(0.05)
        """))
case("wall_flood", "A method sends answers without end.", tampers("""
        text = b'{"value": 1}'
        for link in connection():
            while True:
                link.sendall((struct.pack('>II', 4 + len(text), len(text)) + text) * 1000)
        """))
case("wall_deep_header", "An answer nests 100,000 lists.", header("b'{\"value\": ' + b'[' * 10 ** 5 + b']' * 10 ** 5 + b'}'"))
case("wall_many_items", "An answer holds a million items.", header("b'{\"value\": [\"l\", [' + b'1,' * 10 ** 6 + b'1]]}'"))
case("wall_long_number", "An answer is a number with a million digits.", header("b'{\"value\": ' + b'9' * 10 ** 6 + b'}'"))
case("wall_object_array", "An answer is an array of objects.", header("b'{\"value\": [\"a\", \"O\", [3]]}' + bytes(24)"))
case("wall_impossible_shape", "An answer is an array with more entries than there are atoms.",
     header("b'{\"value\": [\"a\", \"<f8\", [4294967296, 4294967296, 0, 9223372036854775807]]}'"))
case("wall_odd_shape", "An answer is an array with negative, fractional and textual extents.",
     header("b'{\"value\": [\"a\", \"<f8\", [-1, 2.5, \"3\", true]]}'"))
case("wall_odd_dtype", "An answer is an array of a structured type with a title.",
     header("b'{\"value\": [\"a\", \"i4,(2000000000)f8\", [1]]}'"))
case("wall_unhashable_key", "An answer is a dict whose keys are lists and dicts.",
     header("b'{\"value\": [\"d\", [[[\"l\", []], 1], [[\"d\", []], 2]]]}'"))
case("wall_foreign_objects", "An answer claims to be an object of the test's, and a method of it.",
     header("b'{\"value\": [\"l\", [[\"o\", -1], [\"o\", 10 ], [\"m\", 0, \"__class__\"], [\"r\", 99, {}], [\"zz\"]]]}'"))
case("wall_private_methods", "A call is sent back for the test's private methods.",
     header("b'{\"back\": [0, \"__class__\", [\"t\", []]]}'"))
case("wall_odd_call_back", "A call is sent back for objects that there are not, in a form that is none.",
     header("b'{\"back\": {\"a\": [1, 2]}}'"))
case("wall_error_of_errors", "An error is sent whose type and text are objects, and very long.",
     header("json.dumps({'error': {'kind': ['x'] * 10 ** 5, 'text': {'a': '<script>' * 10 ** 5}, 'where': [1, None, {}, 'x' * 10 ** 6]}}).encode()"))
case("wall_odd_notes", "The notes of an answer are numbers, and a million of them.",
     header("b'{\"value\": null, \"notes\": [' + b'1,' * 10 ** 6 + b'\"argument changed\"]}'"))
case("wall_not_a_number", "An answer is not JSON, but what Python would read as such: NaN and Infinity.",
     header("b'{\"value\": [\"l\", [NaN, Infinity, -Infinity, 1e999]]}'"))
case("wall_answers_replaced", "The server's own functions are replaced by ones that send back the question.", tampers("""
        mine = server()
        mine.do_call = lambda header, reader: reader.read(header['args'])[0]
        mine.do_get = mine.do_find = mine.do_set = lambda header, reader: 1.0
        mine.handle = lambda frame: struct.pack('>I', len(frame)) + frame
        return x
        """))
case("wall_call_backs_for_ever", "The grader's objects are called back without end.", tampers("""
        mine = server()
        while True:
            try:
                mine.call_back(0, 'initialize', ((2, 3),))
            except RuntimeError:
                pass
        """))
case("wall_many_connections", "A program in the background connects to the wall again and again, and never answers.",
     lambda work: work.first("""
        import subprocess
        code = '''
import glob, socket, time
kept = []
while True:
    for path in glob.glob('/run/wall/*') + glob.glob('/tmp/**/wall/socket', recursive=True):
        try:
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(0.1)
            link.connect(path)
            kept.append(link)
        except OSError:
            time.sleep(0.05)
'''
        subprocess.Popen(['python3', '-c', code])
        """))
case("wall_impostor", "A program in the background connects in the kernel's place, and answers everything with 1.",
     lambda work: work.first("""
        import subprocess
        code = '''
import glob, os, socket, struct, time
text = b'{"value": 1.0}'
answer = struct.pack('>II', 4 + len(text), len(text)) + text
while True:
    for path in glob.glob('/run/wall/*') + glob.glob('/tmp/**/wall/socket', recursive=True):
        try:
            link = socket.socket(socket.AF_UNIX)
            link.connect(path)
            if os.fork() == 0:
                while link.recv(2 ** 16):
                    link.sendall(answer)
                os._exit(0)
        except OSError:
            pass
    time.sleep(0.05)
'''
        subprocess.Popen(['python3', '-c', code])
        """))
case("wall_zombie", "A copy of the judged process keeps its connection and goes on answering for it.", tampers("""
        import signal, time
        if os.fork() == 0:
            os.setsid()
            for number in range(1, 65):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            for link in connection():
                text = b'{"value": 1.0}'
                while True:
                    link.sendall(struct.pack('>II', 4 + len(text), len(text)) + text)
                    time.sleep(0.01)
        os._exit(0)
        """))
case("wall_long_notes", "An answer comes with notes of megabytes.",
     header("json.dumps({'value': None, 'notes': ['x' * 2 ** 21] * 3 + ['argument changed']}).encode()"))
case("wall_long_types", "An answer tells of a thousand types, each with two hundred methods of long names.", header(
    "json.dumps({'value': None, 'types': {str(n): ['x', [f'{m}' + 'y' * 30 for m in range(200)], None, "
    "{'call': 1, 'base': None, 'truth': 1}] for n in range(999)}}).encode()"))
case("wall_dtype_of_fields", "An answer is an array whose type has 300,000 fields.",
     header("json.dumps({'value': ['a', ','.join(['i1'] * 300_000), [1]]}).encode()"))
case("wall_uncallable", "An answer says that the student's classes cannot be called.",
     header("b'{\"value\": [[\"r\", -1, 1], [\"r\", -2, 1]], \"types\": {\"1\": [\"type\", [], [], {\"call\": 0, \"base\": null, \"truth\": 0}]}}'"))
case("wall_many_objects", "Call-backs come with a hundred thousand objects each, none of which was seen before.", tampers("""
        mine, seen = server(), 0
        for _ in range(100):
            objects = [['r', number, 0] for number in range(seen, seen + 100_000)]
            seen += 100_000
            text = json.dumps({'back': [0, 'initialize', ['t', [['l', objects]]], ['d', []]]}).encode()
            mine.ask(struct.pack('>II', 4 + len(text), len(text)) + text)
        return x
        """))
case("wall_heavy_call_backs", "Call-backs come with bytearrays of 30 MB, which a trace would keep.", tampers("""
        mine = server()
        for _ in range(30):
            try:
                mine.call_back(0, 'initialize', (bytearray(30 * 2 ** 20),), {})
            except Exception:
                pass
        return x
        """))
