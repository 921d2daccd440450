"""Settings written as letters, as papers do: `α = 0.001, β1 = 0.9, λ = 5·10⁻⁴`."""

import re

from halflife._errors import BadInput

_PAIR = re.compile(r"(?<![\w'])([A-Za-zα-ωΑ-Ω]+[\w₁₂]*(?:_norm|')?)\s*=\s*((?:[^\s,;()]|,(?=\d)|\s*[·×*]\s*(?=10))+)")
_NUMBER = re.compile(r"(?P<digits>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?:[·×*]10(?:\^|\*\*)(?P<power>[-+]?\d+))?")
_POWER = re.compile(r"10(?:\^|\*\*)(?P<power>[-+]?\d+)")
_SUPERSCRIPTS = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_ASCII = {"eta": "η", "mu": "μ", "alpha": "α", "lambda": "λ", "lambda'": "λ'", "lambda_norm": "λ_norm"}
_ASCII |= {"beta1": "β1", "beta2": "β2", "eps": "ε", "epsilon": "ε", "β₁": "β1", "β₂": "β2", "λ′": "λ'"}


def parse(text: str, allowed: tuple[str, ...]) -> dict[str, float]:
    """The numbers by their letters; `eta` and `η` are one letter.

    Raises:
        BadInput: a letter has no meaning here, is given twice, or what it is given is not a number.
    """
    found: dict[str, float] = {}
    for letter, value in _pairs(text):
        if letter not in allowed:
            raise BadInput(f"{letter} = {value} has no meaning here: the letters are {', '.join(allowed)}.")
        if letter in found:
            raise BadInput(f"{letter} is given twice.")
        found[letter] = _number(letter, value)
    return found


def given(text: str) -> list[str]:
    """The letters that a text gives something, whatever it is."""
    return [letter for letter, _ in _pairs(text)]


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(_ASCII.get(name, name), value.rstrip(".")) for name, value in _PAIR.findall(text.replace("′", "'"))]


def _number(letter: str, value: str) -> float:
    plain = re.sub(r"10([⁻⁺⁰¹²³⁴-⁹]+)", lambda m: f"10^{m[1].translate(_SUPERSCRIPTS)}", value.replace("−", "-"))
    plain = re.sub(r"\s", "", plain)
    match = _POWER.fullmatch(plain) or _NUMBER.fullmatch(plain)
    if match is None:
        raise BadInput(f"{letter} = {value} is not a number: write it as 0.0005, 5e-4 or 5·10⁻⁴.")
    parts = match.groupdict()
    return float(f"{parts.get('digits') or '1'}e{parts['power']}") if parts["power"] else float(plain)
