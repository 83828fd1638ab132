"""quantification."""
