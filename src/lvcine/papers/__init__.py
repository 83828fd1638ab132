"""The tables of the five papers, ours beside theirs; training lives here too, so torch is needed."""
