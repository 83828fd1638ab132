"""Where torch lives: data, losses, the loop, the export."""
