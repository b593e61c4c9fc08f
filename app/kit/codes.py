"""Codes that people read out, write down and type, such as ABCDE-FGHJK. No two characters look alike."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_code() -> str:
    """Return a random code with 49 bits of entropy."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(10))
    return f"{code[:5]}-{code[5:]}"


def bare_code(code: str) -> str:
    """Return a typed code in upper case, without hyphens and spaces."""
    return code.upper().replace("-", "").replace(" ", "")
