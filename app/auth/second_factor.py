"""The second factor: six-digit codes from an authenticator app (TOTP, RFC 6238), and recovery codes for a lost phone.

As with webhooks, the database stores a random seed, and the secret is its HMAC under the deployment's key
(HOTLINE_SECOND_FACTOR_KEY). A dump of the database alone yields no codes.
"""

import base64
import hmac
import re
import secrets
from datetime import datetime

import pyotp
import segno

from app.auth.models import Staff
from app.auth.schemas import SecondFactor
from app.auth.tokens import token_hash
from app.kit.codes import bare_code, new_code

ISSUER = "81890"
STEP_SECONDS = 30
RECOVERY_CODES = 10


def new_seed() -> bytes:
    """Return a random seed to derive a secret from."""
    return secrets.token_bytes(32)


def _secret_of(seed: bytes, key: str) -> str:
    return base64.b32encode(hmac.digest(key.encode(), seed, "sha256")[:20]).decode()


def show_secret(staff: Staff, key: str) -> SecondFactor:
    """Return the secret, its URI and its QR code for the authenticator app. Show them only during set-up."""
    assert staff.totp_seed is not None
    secret = _secret_of(staff.totp_seed, key)
    uri = pyotp.TOTP(secret).provisioning_uri(name=staff.username, issuer_name=ISSUER)
    return SecondFactor(secret=secret, uri=uri, qr=segno.make(uri, error="m").svg_data_uri(scale=5, border=2))


def take_code(staff: Staff, code: str, key: str, at: datetime) -> bool:
    """Return whether the code is valid at real time `at`, give or take one step of 30 seconds.

    Each code is accepted once.
    """
    if staff.totp_seed is None or not re.fullmatch("[0-9]{6}", code):
        return False
    totp = pyotp.TOTP(_secret_of(staff.totp_seed, key))
    present = int(at.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(totp.generate_otp(step), code) and step > (staff.totp_step or 0):
            staff.totp_step = step
            return True
    return False


def new_recovery_codes(staff: Staff) -> list[str]:
    """Replace the recovery codes with ten new ones and return them. Only their hashes are stored."""
    codes = [new_code() for _ in range(RECOVERY_CODES)]
    staff.recovery_hashes = [token_hash(bare_code(code)) for code in codes]
    return codes


def take_recovery_code(staff: Staff, code: str) -> bool:
    """Return whether this is an unused recovery code, and use it up."""
    used = token_hash(bare_code(code))
    left = [kept for kept in staff.recovery_hashes if not hmac.compare_digest(kept, used)]
    taken = len(left) < len(staff.recovery_hashes)
    staff.recovery_hashes = left
    return taken
