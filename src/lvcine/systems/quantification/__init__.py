"""Areas, dimensions, wall thickness and phase of a short-axis slice straight from its pixels."""
