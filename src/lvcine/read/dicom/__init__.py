"""DICOM: headers, pixels, MR images sorted into stacks of slices, enhanced multi-frame MR, ultrasound clips.

The ``velocity_*`` modules read velocity mapping; ``venc`` has the places where each maker writes the VENC.
"""
