"""What is drawn is what was found: every position in a picture against the numbers that it stands for."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from halflife.lab import Best, Interval, Setting, Slope, Spread, Twins
from halflife.report._drawing import for_page
from halflife.report._maps import Cell, Map, Scale
from halflife.report.heat_map import cell_name, colour_bar, heat_map
from halflife.report.path_curves import path_curves
from halflife.report.strength_curves import strength_curves
from halflife.report.twin_curves import twin_curves
from halflife.report.weight_bands import weight_bands
from halflife.rules import Law
from halflife.tune import Door

LRS, STRENGTHS = (0.01, 0.02, 0.04), (1e-4, 1e-3, 1e-2, 1e-1)
SCALE = Scale(low=0.5, high=2.5, beyond=False)
EXACT = pytest.approx


def cell(lr, strength, valid):
    value = None if valid is None else Interval(mean=valid, low=valid - 0.1, high=valid + 0.2)
    return Cell(
        lr=lr,
        strength=strength,
        seeds=((0, valid or math.nan),),
        valid=value,
        train=value and Interval(mean=valid / 2, low=valid / 2 - 0.05, high=valid / 2 + 0.1),
        test=value and Interval(mean=valid + 0.3, low=valid, high=valid + 0.7),
        score=value,
        norm=value and Interval(mean=10 * valid, low=None, high=None),
    )


@pytest.fixture(params=[Law.L2, Law.INDEPENDENT])
def drawn(request):
    """A map whose errors are all different, one of them diverged, with a ridge of slope 0.4 (0.1 to 0.8)."""
    shear = 1.0 if request.param is Law.L2 else 0.01
    values = iter(np.linspace(0.5, 2.5, 12))
    cells = [cell(lr, s * (1.0 if shear == 1.0 else lr), next(values)) for lr in LRS for s in STRENGTHS]
    cells[7] = cell(cells[7].lr, cells[7].strength, None)
    middle = cells[5]
    one = Interval(mean=1.0, low=0.9, high=1.1)
    best = Best(
        lr=middle.lr, strength=middle.strength, valid=1.4, test=one, test_score=one, gap=one, norm=one, tests=(1.0,)
    )
    optima = tuple((lr, 0.003 * (lr / 0.02) ** 0.4 * factor) for lr in LRS for factor in (0.9, 1.1))
    return Map(
        rule="adam",
        law=request.param,
        cells=tuple(cells),
        without=tuple(cell(lr, 0.0, 2.0) for lr in LRS),
        best=best,
        slope=Slope(value=0.4, low=0.1, high=0.8, lrs=3, optima=optima),
    )


def by_marker(ax, marker):
    return next(line for line in ax.lines if line.get_marker() == marker)


def test_every_cell_stands_at_its_setting_in_the_colour_of_its_error(drawn):
    """The middle of each cell is (log lr, log strength); its colour is the root of its place between low and high."""
    (ax,) = heat_map(drawn, SCALE).axes
    patches = {patch.get_gid(): patch for patch in ax.patches}
    for place, each in enumerate(drawn.cells):
        patch = patches[cell_name(drawn, place)]
        x, y = patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2
        assert (10**x, 10**y) == EXACT((each.lr, each.strength), rel=1e-9)
        if each.valid is None:
            assert patch.get_hatch()
            assert patch.get_facecolor()[3] == 0
        else:
            wanted = mpl.colormaps["viridis"](math.sqrt((each.valid.mean - 0.5) / 2.0))
            assert patch.get_facecolor() == EXACT(wanted, abs=1e-9)
    corners = [(p.get_x() + p.get_width(), p.get_y() + p.get_height()) for p in patches.values()]
    assert ax.get_xlim()[1] == EXACT(max(x for x, _ in corners))
    assert ax.get_ylim()[1] == EXACT(max(y for _, y in corners))


def test_optimum_ridge_and_interval_are_those_of_the_study(drawn):
    """The star is at the best setting, the dots at the optima; three lines meet in their middle with the slopes."""
    (ax,) = heat_map(drawn, SCALE).axes
    star, dots = by_marker(ax, "*"), by_marker(ax, "o")
    assert (10 ** star.get_xdata()[0], 10 ** star.get_ydata()[0]) == EXACT((drawn.best.lr, drawn.best.strength))
    optima = [(10**x, 10**y) for x, y in zip(dots.get_xdata(), dots.get_ydata(), strict=True)]
    assert np.array(optima) == EXACT(np.array(drawn.slope.optima))
    lines = [line for line in ax.lines if line.get_marker() == "None"]
    slopes = [np.diff(line.get_ydata())[0] / np.diff(line.get_xdata())[0] for line in lines]
    assert slopes == EXACT([0.4, 0.1, 0.8])
    middle = np.log10(np.array(drawn.slope.optima)).mean(axis=0)
    for line, slope in zip(lines, slopes, strict=True):
        assert line.get_ydata()[0] + slope * (middle[0] - line.get_xdata()[0]) == EXACT(middle[1])
    assert lines[0].get_linestyle() == "-"
    assert {line.get_linestyle() for line in lines[1:]} == {"--"}


def test_axes_say_what_they_measure(drawn):
    """Ticks of lr stand at their lr, those of strength at powers of ten; labels name quantity and unit."""
    (ax,) = heat_map(drawn, SCALE).axes
    ticks = {10 ** float(x): label.get_text() for x, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)}
    assert {float(label): lr for lr, label in ticks.items()} == {lr: EXACT(lr) for lr in LRS}
    for y in ax.get_yticks():
        assert y == round(y)
    assert ax.get_xlabel() == "peak lr η"
    assert ("share removed in a step" in ax.get_ylabel()) == (drawn.law is Law.INDEPENDENT)


def test_the_colour_scale_is_that_of_the_maps():
    """Where its labels stand, the bar has the colour that a cell of this error has."""
    (ax,) = colour_bar(SCALE).axes
    norm = ax._colorbar.norm if hasattr(ax, "_colorbar") else None
    labels = [float(label.get_text()) for label in ax.get_xticklabels()]
    assert labels == EXACT([0.5 + 2 * share**2 for share in (0, 0.25, 0.5, 0.75, 1)], rel=5e-3)
    assert list(ax.get_xticks()) == EXACT(labels, rel=5e-3)
    assert norm is None or [float(norm(x)) for x in labels] == EXACT([SCALE.place(x) for x in labels], abs=5e-3)


def test_in_the_page_a_cell_is_where_it_is_in_the_figure(drawn):
    """The SVG's rectangles are one affine map of (log lr, log strength): nothing moves on the way into a page."""
    root = ElementTree.fromstring(for_page(heat_map(drawn, SCALE), "m", "a map"))  # noqa: S314 - drawn here
    shapes = {g.get("id"): g.find("path").get("d") for g in root.iter("g") if (g.get("id") or "").startswith("cell-")}
    middles = []
    for place in range(len(drawn.cells)):
        numbers = np.array(re.findall(r"-?[\d.]+", shapes[cell_name(drawn, place)]), dtype=float).reshape(-1, 2)
        middles.append((numbers.max(axis=0) + numbers.min(axis=0)) / 2)
    settings = np.log10([(each.lr, each.strength) for each in drawn.cells])
    for axis in (0, 1):
        slope, offset = np.polyfit(settings[:, axis], np.array(middles)[:, axis], 1)
        assert (slope > 0) == (axis == 0)
        assert np.array(middles)[:, axis] == EXACT(slope * settings[:, axis] + offset, abs=0.01)


def test_twin_curves_are_the_gaps_and_their_floors_half_an_eps():
    """Heights are log10 of the gaps, epoch by epoch; each floor is the largest relative error of one rounding."""
    gaps = {"float32": (1e-7, 3e-7, 9e-7), "float64": (1e-16, 0.0, 5e-16)}
    (ax,) = twin_curves([Twins(rule="sgd", alpha="η·λ", lr=0.1, l2=0.01, gaps=gaps, verdict="rounding")]).axes
    floors, curves = ax.lines[:2], ax.lines[2:]
    for floor, precision in zip(floors, (np.float32, np.float64), strict=True):
        assert 10 ** floor.get_ydata()[0] == EXACT(np.finfo(precision).eps / 2)
    for curve, wanted in zip(curves, gaps.values(), strict=True):
        assert list(curve.get_xdata()) == [1, 2, 3]
        heights = [10**y for y in curve.get_ydata()]
        assert heights == EXACT([gap or math.nan for gap in wanted], nan_ok=True)


def test_paths_are_the_means_with_their_intervals(drawn):
    """Test and training error and ‖w‖ at the best lr; bands end where the intervals do; the best is marked."""
    errors, norms = path_curves(drawn).axes
    cells = [each for each in drawn.cells if each.lr == drawn.best.lr and each.valid]
    for lines, name in ((errors.lines[0:1], "test"), (errors.lines[2:3], "train"), (norms.lines[0:1], "norm")):
        (line,) = lines
        assert 10 ** np.array(line.get_xdata()) == EXACT([each.strength for each in cells])
        assert list(line.get_ydata()) == EXACT([getattr(each, name).mean for each in cells])
    band = errors.collections[0].get_paths()[0].vertices
    for each in cells:
        heights = band[np.isclose(band[:, 0], math.log10(each.strength)), 1]
        assert (heights.min(), heights.max()) == EXACT((each.test.low, each.test.high))
    marks = [line for line in errors.lines if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2]
    assert 10 ** marks[0].get_xdata()[0] == EXACT(drawn.best.strength)


def test_bands_of_weights_end_at_their_quantiles():
    """The thick bar from 25 to 75 %, the pale one from 2.5 to 97.5 %, the line from the smallest to the largest."""
    quantiles = tuple(np.linspace(-1, 1, 41) ** 3)
    spread = Spread(setting=Setting(rule="sgd", law=Law.L2, lr=0.1, strength=0.1), seed=0, layers=(quantiles,))
    (ax,) = weight_bands([spread]).axes
    wanted = [(quantiles[1], quantiles[39]), (quantiles[10], quantiles[30])]
    assert [(p.get_x(), p.get_x() + p.get_width()) for p in ax.patches] == [EXACT(each) for each in wanted]
    assert list(ax.lines[0].get_xdata()) == EXACT([quantiles[0], quantiles[-1]])


def test_the_picture_of_a_search_holds_its_numbers(tuning):
    """A dot a setting of all epochs, the star at the choice with its interval, the dashed line at no regularization."""
    figure = strength_curves(tuning)
    for ax, door in zip(figure.axes, (Door.L2, Door.DECAY), strict=True):
        choice, none = tuning.choice(door), tuning.choice(Door.NONE)
        level, dots, _, ends, star = ax.lines
        assert set(level.get_ydata()) == {none.error.mean}
        whole = [t for t in tuning.trials if t.point.door is door and t.epochs == 4]
        assert list(dots.get_xdata()) == [math.log10(t.point.strength) for t in whole]
        assert list(dots.get_ydata()) == [t.error for t in whole]
        assert list(ends.get_ydata()) == [choice.error.low, choice.error.high]
        assert (star.get_xdata()[0], star.get_ydata()[0]) == (math.log10(choice.point.strength), choice.error.mean)
        assert (star.get_markerfacecolor() == "none") == (door is Door.L2)
        assert ax.get_ylim()[0] < min(c.error.low for c in tuning.choices)


def test_a_search_of_one_door_or_none_is_drawn_too(tuning):
    """One panel for one door; a sentence where no strength was tried."""
    one = replace(tuning, choices=tuning.choices[:2])
    assert len(strength_curves(one).axes) == 1
    none = strength_curves(replace(tuning, choices=tuning.choices[:1], best=tuning.choices[0]))
    assert [text.get_text() for text in none.axes[0].texts] == ["no strength was tried"]
