"""Published data sets in their own formats, with labels: LVQuan, CAMUS, EchoNet-Dynamic, Sunnybrook."""
