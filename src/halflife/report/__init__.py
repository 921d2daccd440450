"""Draws what the other parts found; knows results only."""
