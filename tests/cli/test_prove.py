import json

import pytest
from typer.testing import CliRunner

from halflife.cli import app, main
from halflife.rules import RULES
from mutants.wrong_claims import PLANTED

RUN = CliRunner()


def test_one_rule_as_json() -> None:
    """`--json` prints a list of objects: the verdicts, the condition, the certificate, whether all is checked."""
    result = RUN.invoke(app, ["prove", "momentum", "--json"])
    assert result.exit_code == 0
    (proof,) = json.loads(result.stdout)
    assert proof["rule"] == "momentum"
    assert proof["same_steps"] == "EQUIVALENT IFF"
    assert proof["condition"] == "μ = 0 or λ = 0"
    assert proof["same_solution"] == "EQUIVALENT"
    assert proof["certificate"]["situations"][0]["demand"] == "7/68"
    assert proof["checked"] is True


def test_all_rules_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name every rule has a row, and every named theorem a line."""
    monkeypatch.setattr("halflife.proofs.RULES", {name: RULES[name] for name in ("sgd", "nesterov")})
    result = RUN.invoke(app, ["prove"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "same steps?" in result.stdout
    assert "\nnesterov" in result.stdout
    assert "Only if μ = 0 or λ = 0: nesterov." in result.stdout
    assert "proposition-3" in result.stdout


def test_latex_and_fixed_settings() -> None:
    """`--latex` prints LaTeX; NAME=VALUE fixes a hyperparameter; `--steps` says how deep the twins run."""
    result = RUN.invoke(app, ["prove", "momentum", "momentum=0", "dampening=0", "--latex", "--steps", "2"])
    assert result.exit_code == 0
    assert r"\alpha_{t} = \eta_{t} \lambda" in result.stdout


def test_a_theorem_that_does_not_hold_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the code that was run refutes a theorem, nothing is proved on the screen and the exit code says so."""
    monkeypatch.setitem(RULES, "sgd", PLANTED["sgd that steps twice as far"])
    result = RUN.invoke(app, ["prove", "proposition-1"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "a theorem does not hold" in result.stderr


def test_help_has_examples() -> None:
    """The help shows what to type."""
    assert "halflife prove adam" in RUN.invoke(app, ["prove", "--help"]).stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["adan"], "did you mean adam"),
        (["momentum", "momentum=1.2"], "must be in [0.0, 1.0)"),
        (["momentum", "momentum=nan"], "must be in [0.0, 1.0)"),
        (["momentum", "momentum"], "write NAME=VALUE"),
        (["momentum", "momentum=lots"], "'lots' is no number"),
        (["momentum", "momentun=0.5"], "did you mean momentum"),
        (["sgd", "--steps", "99"], "from 1 to 4"),
        (["sgd", "--latex", "--json"], "choose one"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad input ends in one clear sentence on stderr and exit code 2, without a traceback."""
    monkeypatch.setattr("sys.argv", ["halflife", "prove", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert sentence in output.err
    assert output.err.count("\n") == 1
