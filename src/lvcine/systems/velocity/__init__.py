"""Room `velocity`: the wall of the left ventricle in velocity-mapping MR."""
