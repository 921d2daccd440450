"""Settings written as letters, as papers do: `α = 0.001, β1 = 0.9`."""

import re

from halflife._errors import BadInput

_PAIR = re.compile(r"(?<![\w'])([A-Za-zα-ωΑ-Ω]+[\w₁₂]*(?:_norm|')?)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_ASCII = {"eta": "η", "mu": "μ", "alpha": "α", "lambda": "λ", "lambda'": "λ'", "lambda_norm": "λ_norm"}
_ASCII |= {"beta1": "β1", "beta2": "β2", "eps": "ε", "epsilon": "ε", "β₁": "β1", "β₂": "β2", "λ′": "λ'"}


def parse(text: str, allowed: tuple[str, ...]) -> dict[str, float]:
    """The numbers by their letters; `eta` and `η` are one letter.

    Raises:
        BadInput: a letter has no meaning here, or is given twice.
    """
    found: dict[str, float] = {}
    for name, number in _PAIR.findall(text.replace("′", "'")):
        letter = _ASCII.get(name, name)
        if letter not in allowed:
            raise BadInput(f"{name} = {number} has no meaning here: the letters are {', '.join(allowed)}.")
        if letter in found:
            raise BadInput(f"{letter} is given twice.")
        found[letter] = float(number)
    return found
