"""What the hot paths cost in figures free of noise: statements, rows, bytes and indexes."""
