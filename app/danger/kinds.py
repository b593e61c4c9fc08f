"""What may be dangerous now, the most pressing first."""

from app.kit.terms import Term


class DangerKind(Term):
    """A kind of danger that comes before whatever else is asked. The order decides between kinds that are as likely."""

    FIRE = "fire", "火灾", "fire", "Something burns."
    GAS = "gas", "燃气泄漏", "gas leak", "Gas escapes, or smells as if it did."
    DROWNING = "drowning", "溺水", "drowning", "Somebody is in the water."
    ELECTRIC_WATER = (
        "electric_water",
        "触电或电器进水",
        "electricity and water",
        "An electric shock, or water at something live.",
    )
    CHEST_PAIN = "chest_pain", "胸痛", "chest pain", "Pain or pressure in the chest."
    STROKE = "stroke", "中风", "stroke", "A face hangs, an arm or speech fails."
    OTHER_MEDICAL = (
        "other_medical",
        "其他急病和受伤",
        "other medical emergency",
        "Any other illness or injury that cannot wait.",
    )
    SELF_HARM = "self_harm", "轻生", "self-harm", "Somebody wants to end their life or hurt themselves."
    VIOLENCE = "violence", "暴力伤害", "violence", "Somebody is hurt or threatened by another."
    CRIME = "crime", "正在发生的违法犯罪", "crime in progress", "A crime happens now."
    POISONING = "poisoning", "中毒", "poisoning", "Something poisonous was swallowed or breathed in."
    SMOKE = "smoke", "冒烟、焦味、电池发烫", "smoke, burning smell, hot battery", "What may become a fire."
    TRAPPED = "trapped", "人员被困", "trapped", "Somebody cannot get out."
    FALL = "fall", "老人跌倒", "an old person has fallen", "An old person has fallen and may be hurt."
    MISSING = "missing", "人员走失", "missing person", "Somebody is missing."


KINDS = tuple(DangerKind)
"""In their order, for what goes through them with each call."""
