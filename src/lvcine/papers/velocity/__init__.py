"""velocity."""
