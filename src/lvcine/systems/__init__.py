"""The five systems, one room each."""
