"""What the hot paths cost in figures that no noise can touch: statements, rows, bytes and indexes."""
