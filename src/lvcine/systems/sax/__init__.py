"""Short-axis cine: cavity and myocardium in every frame."""
