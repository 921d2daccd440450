"""A small study of a data set whose names are hostile, and results of the other verbs, made by hand."""

import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import halflife
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.lab import Interval, Network, Outcome, Provenance, Regime
from halflife.recipes import Grade, Recipe, Translation, Translations
from halflife.report.atlas_page import atlas_page
from halflife.report.audit_page import audit_page
from halflife.report.study_page import study_page
from halflife.report.tuning_page import tuning_page
from halflife.rules import Law
from halflife.tune import Choice, Door, Point, Trial, Tuning

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(scope="session")
def hostile_study(tmp_path_factory):
    """Columns called <script> and an emoji, a target that closes tags."""
    folder = tmp_path_factory.mktemp("page")
    lines = [f'"{HOSTILE.replace(chr(34), chr(34) * 2)}",🦉,"</td></svg><img src=x onerror=alert(1)>"']
    lines += [f"{k % 7},{(k * k) % 11},{'ab'[(k % 7) > 3]}" for k in range(60)]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return halflife.study(
        folder / "rows.csv",
        rules=("sgd", "momentum"),
        lr=(0.1, 0.03, 0.01),
        strength=(0, 0.001, 0.01, 0.1, 1),
        epochs=3,
        hidden=(3,),
        seeds=2,
        out=folder / "study.db",
    )


@pytest.fixture(scope="session")
def page(hostile_study):
    """The file of its page."""
    return halflife.report(hostile_study)


def interval(mean, half):
    return Interval(mean=mean, low=mean - half, high=mean + half)


@pytest.fixture(scope="session")
def translations():
    """One exact, one impossible, told in hostile words."""
    setting = Recipe(rule="adam", lr=0.003, law=Law.INDEPENDENT, strength=0.002)
    told = {"setting": setting, "reasons": (f"because {HOSTILE}",), "remarks": ("as it is 1e-05",)}
    return (
        Translation(framework="torch", recipe="torch.optim.AdamW(lr=0.003)", grade=Grade.EXACT, **told),
        Translation(framework="sklearn", recipe="MLPClassifier()", grade=Grade.IMPOSSIBLE, **told),
    )


@pytest.fixture(scope="session")
def tuning(translations):
    """A search as it might have ended: the best of each door, and five points on two folds, one diverged."""
    points = {
        Point(door=Door.NONE, lr=0.01): (4, (0.5, 0.6)),
        Point(door=Door.L2, lr=0.01, strength=0.1): (4, (0.4, 0.5)),
        Point(door=Door.L2, lr=0.1, strength=0.1): (2, (0.9, math.inf)),
        Point(door=Door.DECAY, lr=0.01, strength=0.002): (4, (0.3, 0.4)),
        Point(door=Door.DECAY, lr=0.1, strength=0.02): (2, (0.7, 0.8)),
    }
    ends = {
        "diverged": 0,
        "test": math.nan,
        "train_score": 0.9,
        "valid_score": 0.8,
        "test_score": math.nan,
        "norm": 2.0,
    }
    trials = tuple(
        Trial(
            point=point,
            epochs=epochs,
            outcomes=tuple(
                (Outcome(setting=point.setting("adam", {}), seed=0, train=error / 2, valid=error, **ends),)
                for error in errors
            ),
        )
        for point, (epochs, errors) in points.items()
    )
    choices = tuple(
        Choice(
            door=trial.point.door,
            point=trial.point,
            epochs=trial.epochs,
            error=interval(trial.error, 0.05),
            score=interval(0.8, 0.02),
            train=0.2,
            norm=3.0,
            held_out=trial.errors,
            gain=None if trial.point.door is Door.NONE else interval(0.55 - trial.error, 0.01),
            at_edge=(),
        )
        for trial in (trials[0], trials[1], trials[3])
    )
    setting = translations[0].setting
    network = Network(sizes=(4, 3, 2), error="softmax_cross_entropy")
    return Tuning(
        data=f"rows of {HOSTILE}: 60 rows in 2 folds",
        score="accuracy",
        rule="adam",
        regime=Regime(network=network, epochs=4),
        seeds=(0,),
        folds=2,
        search="grid",
        choices=choices,
        trials=trials,
        best=choices[2],
        recipe=setting,
        translations=Translations(source=setting, read_from=None, terms=translations[0].terms, answers=translations),
        finished=True,
        trainings=10,
        work=7.0,
        incidents=(),
        provenance=Provenance(
            command=f"halflife tune '{HOSTILE}'",
            date="2026-01-31",
            rows=48,
            cores=2,
            seconds=1.5,
            versions={"halflife": "0.1.0", "machine": "Linux x86_64"},
            fingerprint="0123456789abcdef" * 4,
        ),
        seconds=1.5,
        path=Path("tune.db"),
    )


@pytest.fixture(scope="session")
def audit():
    """Adam on two layers, with a finding of each kind, one in hostile words, and a check that could not run."""
    model = torch.nn.Linear(3, 2)
    found = halflife.audit(torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=0.1), model, steps=100)
    findings = tuple(
        Finding(
            code=f"HL00{place}",
            title=f"A title {HOSTILE}",
            severity=severity,
            where="group 0",
            message=f"weight_decay=0.1 {HOSTILE}",
            why="it matters.",
            advice="do it.",
            fix="optimizer = None" if place == 1 else "",
        )
        for place, severity in enumerate(Severity, 1)
    )
    return replace(found, findings=findings, skipped=(Skipped(code="HL009", title="A check", reason="steps"),))


ATLAS = (
    ("optimizer", "law", "order", "coefficient", "times", "argument", "notes"),
    (
        ("torch.optim:Adam", "L2", "", "1", "lr, optimizer", "weight_decay=0", ""),
        ("torch.optim:AdamW", "DECOUPLED", "before", "1", "lr", "weight_decay=0.01", ""),
        (f"odd:{HOSTILE}", "-", "", "", "", "", "cannot be built: 🦉"),
    ),
)


@pytest.fixture(scope="session")
def pages(page, hostile_study, translations, tuning, audit):
    """A page of each kind, as text."""
    return {
        "study": study_page(hostile_study, translations),
        "tune": tuning_page(tuning),
        "audit": audit_page([audit]),
        "atlas": atlas_page(*ATLAS),
    }


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser():
    """A real one."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Seen:
    """A page as a reader has it before them, and what went wrong on it."""

    def __init__(self, browser, file, **context):
        self.view = browser.new_context(**context).new_page()
        self.wrong, self.requests, self.dialogs = [], [], []
        self.view.on("console", lambda message: self.wrong.append(message.text))
        self.view.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.view.on("request", lambda request: self.requests.append(request.url))
        self.view.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.view.goto(file.as_uri())

    def colour(self, selector, which="color"):
        return self.view.eval_on_selector(selector, f"e => getComputedStyle(e).{which}")


@pytest.fixture
def opened_file(browser):
    """A page in a window of its own, closed after the test."""
    seen = []

    def look(file, **context):
        seen.append(Seen(browser, file, **context))
        return seen[-1]

    yield look
    for each in seen:
        each.view.context.close()
