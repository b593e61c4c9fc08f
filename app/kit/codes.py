"""Codes that people read out, write down and type: as ABCDE-FGHJK, without characters taken for one another."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_code() -> str:
    """A random code of 49 bits."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(10))
    return f"{code[:5]}-{code[5:]}"


def bare_code(code: str) -> str:
    """The code however it was typed."""
    return code.upper().replace("-", "").replace(" ", "")
