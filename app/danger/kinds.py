"""What may be dangerous now, the most pressing first."""

from enum import StrEnum


class DangerKind(StrEnum):
    """A kind of danger that comes before whatever else is asked. The order decides between kinds that are as likely."""

    FIRE = "fire"
    GAS = "gas"
    DROWNING = "drowning"
    ELECTRIC_WATER = "electric_water"
    CHEST_PAIN = "chest_pain"
    STROKE = "stroke"
    OTHER_MEDICAL = "other_medical"
    SELF_HARM = "self_harm"
    VIOLENCE = "violence"
    CRIME = "crime"
    POISONING = "poisoning"
    SMOKE = "smoke"
    TRAPPED = "trapped"
    FALL = "fall"
    MISSING = "missing"


KINDS = tuple(DangerKind)
"""In their order, for what goes through them with each call."""
