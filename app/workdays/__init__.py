"""The centre's own working days: entered and corrected here, and every period that they move is told."""
