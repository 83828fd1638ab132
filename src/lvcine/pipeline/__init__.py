"""The one way through the house: read, choose, segment, measure, check, report.

Every file has a function of its own name; import it from there.
"""
