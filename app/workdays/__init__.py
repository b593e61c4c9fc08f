"""The centre's own working days: entering or correcting a day moves the periods counted over it and notifies those
affected."""
