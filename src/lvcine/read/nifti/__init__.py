"""NIfTI: the bytes of a file, its grid in the patient, 4-D cines, velocity mapping with a JSON sidecar."""
