"""Ultrasound: left ventricle, myocardium and left atrium in every frame, steady, and EF per beat."""
