"""The kinds of danger, most urgent first."""

from app.kit.terms import Term


class DangerKind(Term):
    """A kind of danger, which takes precedence over anything else in a call.

    The order decides between equally likely kinds.
    """

    FIRE = "fire", "火灾", "fire", "Something is burning."
    GAS = "gas", "燃气泄漏", "gas leak", "Gas is escaping, or it smells of gas."
    DROWNING = "drowning", "溺水", "drowning", "Somebody is in the water."
    ELECTRIC_WATER = (
        "electric_water",
        "触电或电器进水",
        "electricity and water",
        "Somebody got an electric shock, or water has reached something live.",
    )
    CHEST_PAIN = "chest_pain", "胸痛", "chest pain", "Pain or pressure in the chest."
    STROKE = "stroke", "中风", "stroke", "A face droops, or an arm or speech fails."
    OTHER_MEDICAL = (
        "other_medical",
        "其他急病和受伤",
        "other medical emergency",
        "Any other illness or injury that cannot wait.",
    )
    SELF_HARM = "self_harm", "轻生", "self-harm", "Somebody wants to end their life or hurt themselves."
    VIOLENCE = "violence", "暴力伤害", "violence", "A person is hurting or threatening somebody."
    CRIME = "crime", "正在发生的违法犯罪", "crime in progress", "A crime is happening now."
    POISONING = "poisoning", "中毒", "poisoning", "Something poisonous was swallowed or breathed in."
    SMOKE = "smoke", "冒烟、焦味、电池发烫", "smoke, burning smell, hot battery", "There is a sign of a possible fire."
    TRAPPED = "trapped", "人员被困", "trapped", "Somebody cannot get out."
    FALL = "fall", "老人跌倒", "an old person has fallen", "An old person has fallen and may be hurt."
    MISSING = "missing", "人员走失", "missing person", "Somebody is missing."


class InDanger(Term):
    """Who is in danger, as far as the caller's words tell."""

    CALLER = "caller", "来电人自己", "the caller", "The caller speaks of their own danger."
    OTHER = "other", "别人", "somebody else", "The caller speaks of somebody else's danger."


KINDS = tuple(DangerKind)
"""The kinds in their order, as a tuple for loops that run on every call."""
