"""Carries a setting from one framework to another, and says how exact that is."""

from halflife.recipes._answers import Translation, Translations
from halflife.recipes._framework import Form, Framework
from halflife.recipes._grade import Grade
from halflife.recipes._recipe import EpsPlace, Recipe, Reduction, Where
from halflife.recipes._registry import FRAMEWORKS
from halflife.recipes._strength import Terms, terms
from halflife.recipes.translate import read, translate

__all__ = [
    "FRAMEWORKS",
    "EpsPlace",
    "Form",
    "Framework",
    "Grade",
    "Recipe",
    "Reduction",
    "Terms",
    "Translation",
    "Translations",
    "Where",
    "read",
    "terms",
    "translate",
]
