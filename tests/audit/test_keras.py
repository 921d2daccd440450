"""A Keras optimizer and its model are audited, too."""

import pytest

import halflife

keras = pytest.importorskip("keras")


def model_with(penalty):
    regularizer = keras.regularizers.L2(penalty) if penalty else None
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(5, kernel_regularizer=regularizer), keras.layers.Dense(2)]
    )


@pytest.mark.parametrize("penalty", [0.0, 0.01])
def test_a_penalty_of_a_layer_doubles_the_decay(penalty):
    """Keras' Adam(weight_decay) is decoupled; a layer's L2(c) besides it is a penalty with λ = 2c."""
    model = model_with(penalty)
    result = halflife.audit(keras.optimizers.Adam(1e-3, weight_decay=0.1), model, select=["HL005"], steps=100)
    assert result.groups[0].law.name == "DECOUPLED"
    assert len(result.findings) == (penalty > 0)
    for finding in result.findings:
        assert float(finding.message.split("λ = ")[1].split(" ")[0]) == pytest.approx(0.02, rel=0.01)


def test_a_keras_optimizer_needs_its_model():
    """Without a model there are no parameters to speak of."""
    with pytest.raises(halflife.BadInput, match="give the built model"):
        halflife.audit(keras.optimizers.AdamW())
