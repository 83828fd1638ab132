"""Published data sets in their own formats, with their labels: LVQuan, CAMUS and EchoNet-Dynamic, Sunnybrook."""
