"""The self-checks, tried on every mistake and every right answer of the banks: what they say names the mistake."""

from __future__ import annotations

import re

import pytest

from tests.exercise4.mistakes import mistakes
from tests.proctor.support.thinning import thinned
from tests.specimens.bank import right_answers
from tests.specimens.self_checks import PLACES, SAID, SLIPS, Checks, names, solution


@pytest.fixture(scope="module")
def checks() -> Checks:
    """The self-checks, loaded once."""
    return Checks()


def test_nine_in_ten_mistakes_are_named() -> None:
    """The table has 98 mistakes of the bank and more, and for nine in ten a text that names it."""
    assert set(SAID) <= set(mistakes())
    assert len(SAID) >= 98
    assert sum(bool(text) for text in SAID.values()) >= 0.9 * len(SAID)


@pytest.mark.parametrize("name", thinned(SAID, 4))
def test_mistake_is_told(checks: Checks, name: str) -> None:
    """A cell that the mistake breaks is red or grey, and its sentence says where and what it is."""
    mistake = mistakes()[name]
    found = checks.say(names(mistake.source(), name), mistake.part)
    problems = {cell: result.problem for cell, result in found.items() if result.problem}
    assert set(mistake.costs) & set(problems), problems
    said = [text for text in problems.values() if SAID[name] in text]
    assert said, problems
    assert any(re.search(PLACES, text) for text in said), said
    for text in problems.values():
        assert "\n" not in text
        assert text.endswith((".", "?"))
        assert "np.int64" not in text


@pytest.mark.parametrize("name", SLIPS)
def test_slip_is_told(checks: Checks, name: str) -> None:
    """A slip of the pen is told with its method, its line or its shape, and with what often helps."""
    part, change, said = SLIPS[name]
    found = checks.say(names(change(solution()[part]), name), part)
    assert any(said in result.problem for result in found.values()), found


def test_right_answers_are_green(checks: Checks) -> None:
    """No right answer of the bank has a red or grey line, whatever it is written like."""
    red = {}
    # What an older NumPy accepted, this one refuses, and says so.
    older = {"bias_written_into_an_element", "he_by_a_removed_name", "flatten_by_removed_names"}
    for name, answer in right_answers().items():
        if name in older:
            continue
        changed = answer.submission().namespace()
        for part in ("activation_functions", "initializers", "conv"):
            problems = {
                cell: result.problem for cell, result in checks.say(changed, part).items() if result.problem
            }
            red |= {(name, cell): text for cell, text in problems.items()}
    assert red == {}


def test_changes_in_place_are_told_and_cost_nothing(checks: Checks) -> None:
    """A ReLU that writes into the array that it is handed stays green, with a remark."""
    source = solution()["activation_functions"].replace(
        "return np.maximum(x, 0)", "x[x < 0] = 0\n        return x"
    )
    result = checks.say(names(source, "in place"), "activation_functions")["relu_forward"]
    assert result.problem == ""
    assert result.remark.startswith("A remark: ReLU.forward changes the array that it is handed.")


def test_gradients_are_shown_on_the_small_example(checks: Checks) -> None:
    """A wrong gradient is shown as three small arrays, and one entry is written out."""
    source = mistakes()["input_not_turned"].source()
    result = checks.say(names(source, "not turned"), "conv")["conv_gradient_input"]
    head, *rows, way = result.details
    assert head.split() == ["yours", "wanted", "difference"]
    assert len(rows) == 3
    numbers, total = re.fullmatch(
        r"dx\[0, 0, \d, \d\] = (.+) = (-?\d+)   \(error · weight, .+\)", way
    ).groups()
    products = [int(one) * int(other) for one, other in re.findall(r"(-?\d+)·(-?\d+)", numbers)]
    assert sum(products) == int(total)


def test_prints_do_not_flood_the_report(checks: Checks, capsys: pytest.CaptureFixture[str]) -> None:
    """What a method prints is counted and left out."""
    source = solution()["activation_functions"].replace(
        "e = np.exp", "print('flood\\n' * 50)\n        e = np.exp"
    )
    checks.say(names(source, "prints"), "activation_functions")
    checks.selfcheck.check("sigmoid_forward")
    printed = capsys.readouterr().out
    assert "flood" not in printed
    assert re.search(r"Your code printed up to \d+ lines", printed)
