"""The pages of an audit and an atlas: of the study's family, and as careful with names."""

import torch

import halflife
from halflife.report.atlas_page import atlas_page
from halflife.report.audit_page import audit_page


def test_an_audit_page_has_its_findings_with_what_to_do():
    """Adam with weight_decay is told as HL003, with why and what to do; a hostile name of a class stays a name."""
    hostile = type("<script>alert(1)</script>", (torch.optim.Adam,), {})
    model = torch.nn.Linear(3, 2)
    result = halflife.audit(hostile(model.parameters(), lr=1e-3, weight_decay=0.1), model, steps=100)
    text = audit_page([result])
    assert "HL003" in text
    for finding in result.findings:
        assert finding.title.split("'")[0] in text.replace("&#39;", "'")
    assert text.count("<script>") == 1
    assert "&lt;script&gt;" in text


def test_an_atlas_page_has_a_row_an_optimizer():
    """Every cell is shown as it is written."""
    text = atlas_page(("optimizer", "law"), [("a.b:C", "L2"), ("<b>", "NONE")])
    assert text.count('<th scope="row">') == 2
    assert '<th scope="row">&lt;b&gt;</th>' in text


def test_a_study_in_a_notebook_escapes_its_data(hostile_study):
    """`_repr_html_` holds the answer and no markup of the data."""
    shown = hostile_study._repr_html_()
    assert "<img" not in shown
    assert hostile_study.headline[0][:30] in shown
