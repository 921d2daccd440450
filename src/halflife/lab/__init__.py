"""The lab: real data, and many networks trained on it at once."""
