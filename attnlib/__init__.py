"""Attention, step by step: the small library behind the notebooks.  Importing it imports NumPy only."""
