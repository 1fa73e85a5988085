"""Second factors: codes of a code generator, codes to fall back on, passkeys."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pyotp
from badgeport.web.words import keyed
from sqlmodel import Session, col, delete, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Mistake, Mistakes, refuse
from badgeport.issuer.people.links import make_link, use_link
from badgeport.issuer.people.signing_in import SECOND_FACTOR
from badgeport.issuer.people.tables import Account, Identity, OneTimeLink, Passkey, RecoveryCode, Totp

STEP_SECONDS = 30
RECOVERY_CODES = 10
MOST_PASSKEYS = 10
CEREMONY_LIVES = timedelta(minutes=5)
REGISTERING, SHOWING = "passkey-new", "passkey"
"""The purposes of the secrets that a browser holds while it makes or shows a passkey."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_SEAL = "totp"


# ---------------------------------------------------------------- code generators


def begin_totp(session: Session, desk: IssuerDesk, account: Account) -> None:
    """Give an account a new secret for its code generator, good for nothing until `confirm_totp`."""
    row = session.get(Totp, account.id)
    if row is not None and row.confirmed is not None:
        raise Conflict("This account has a code generator already; remove that one first.")
    sealed = desk.secrets.seal(f"{_SEAL} {account.id}", pyotp.random_base32().encode())
    if row is None:
        row = Totp(account_id=account.id, sealed=sealed)
    row.sealed = sealed
    session.add(row)


def totp_address(session: Session, desk: IssuerDesk, account: Account, email: str) -> tuple[str, str] | None:
    """What a code generator is set up with, as an address for a QR code and as letters; None once it is confirmed."""
    row = session.get(Totp, account.id)
    secret = None if row is None or row.confirmed is not None else _secret(desk, row)
    if secret is None:
        return None
    host = urlsplit(desk.public_url).netloc
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=f"Badgeport {host}"), secret


def confirm_totp(session: Session, desk: IssuerDesk, account: Account, code: str, now: datetime) -> list[str]:
    """Take a code generator into use once it showed a right code; answers the recovery codes, shown once.

    Raises Mistakes (``code``), Absent.
    """
    row = session.get(Totp, account.id)
    if row is None or row.confirmed is not None:
        raise Absent
    if not _take_code(session, desk, row, code, now):
        raise Mistakes(Mistake("code", WRONG_CODE))
    row.confirmed = now
    session.add(row)
    _log(session, account, "account.code-generator-added", now)
    return new_recovery_codes(session, desk, account, now)


def remove_totp(session: Session, account: Account, now: datetime) -> None:
    """Let an account have no code generator any more. Raises Absent."""
    row = session.get(Totp, account.id)
    if row is None:
        raise Absent
    session.delete(row)
    _drop_idle_codes(session, account)
    _log(session, account, "account.code-generator-removed", now)


def has_totp(session: Session, account_id: str) -> bool:
    """Whether an account has a code generator in use."""
    row = session.get(Totp, account_id)
    return row is not None and row.confirmed is not None


def take_second_factor(session: Session, desk: IssuerDesk, account: Account, code: str, now: datetime) -> bool:
    """Whether a code is of the account's generator just now, or one of its recovery codes; each is good once."""
    row = session.get(Totp, account.id)
    if row is not None and row.confirmed is not None and _take_code(session, desk, row, code, now):
        return True
    wanted = _recovery_hash(desk, account, code)
    found = session.exec(
        select(RecoveryCode).where(
            RecoveryCode.account_id == account.id, RecoveryCode.hash == wanted, col(RecoveryCode.used).is_(None)
        )
    ).first()
    if found is None:
        return False
    found.used = now
    session.add(found)
    _log(session, account, "account.recovery-code-used", now)
    return True


def new_recovery_codes(session: Session, desk: IssuerDesk, account: Account, now: datetime) -> list[str]:
    """New recovery codes in the place of all before; they are shown once and kept as keyed hashes."""
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    for code in codes:
        session.add(RecoveryCode(account_id=account.id, hash=_recovery_hash(desk, account, code)))
    _log(session, account, "account.recovery-codes-made", now)
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


def recovery_codes_left(session: Session, account_id: str) -> int:
    """How many recovery codes are unused."""
    statement = select(RecoveryCode.id).where(RecoveryCode.account_id == account_id, col(RecoveryCode.used).is_(None))
    return len(session.exec(statement).all())


def remove_all(session: Session, account_id: str) -> None:
    """Take every second factor of an account off, with its recovery codes and what was begun with them."""
    for table in (Totp, Passkey, RecoveryCode):
        session.exec(delete(table).where(col(table.account_id) == account_id))
    begun = col(OneTimeLink.purpose).in_((REGISTERING, SECOND_FACTOR))
    session.exec(delete(OneTimeLink).where(begun, col(OneTimeLink.account_id) == account_id))


def _drop_idle_codes(session: Session, account: Account) -> None:
    """Recovery codes stand in for a factor: with the last one they go."""
    session.flush()
    if not has_totp(session, account.id) and not passkeys_of(session, account.id):
        session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account.id))


WRONG_CODE = keyed("This code is not right, or it was used already. Wait for the next one and type that.")


def _take_code(session: Session, desk: IssuerDesk, row: Totp, code: str, now: datetime) -> bool:
    digits = "".join(code.split())
    secret = _secret(desk, row)
    if secret is None or not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return False
    generator = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS
    # One step to each side, for clocks that differ; never one that was used, nor one before it (RFC 6238, 5.2).
    for step in (current - 1, current, current + 1):
        if step > row.last_step and hmac.compare_digest(generator.generate_otp(step), digits):
            row.last_step = step
            session.add(row)
            return True
    return False


def _secret(desk: IssuerDesk, row: Totp) -> str | None:
    opened = desk.secrets.unseal(f"{_SEAL} {row.account_id}", row.sealed)
    return None if opened is None else opened.decode()


def _recovery_hash(desk: IssuerDesk, account: Account, code: str) -> str:
    plain = "".join(sign for sign in code.lower() if sign in _ALPHABET)[:40]
    return desk.secrets.mac(f"recovery {account.id}", plain)


# ---------------------------------------------------------------- passkeys


def passkeys_of(session: Session, account_id: str) -> Sequence[Passkey]:
    """The passkeys of an account, oldest first."""
    return session.exec(
        select(Passkey).where(Passkey.account_id == account_id).order_by(col(Passkey.created), col(Passkey.id))
    ).all()


def begin_passkey(session: Session, desk: IssuerDesk, account: Account, now: datetime) -> tuple[str, str]:
    """What a browser needs to make a passkey, as JSON, and the secret it gives back with it."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    held = passkeys_of(session, account.id)
    if len(held) >= MOST_PASSKEYS:
        raise Conflict("This account has as many passkeys as one may have; remove one first.")
    who = session.get(Identity, account.id)
    options = generate_registration_options(
        rp_id=_host(desk),
        rp_name="Badgeport",
        user_id=account.id.encode(),
        user_name=who.email if who else account.id,
        user_display_name=who.name if who else account.id,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=_bytes(row.credential_id)) for row in held],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    secret = make_link(
        session,
        desk,
        purpose=REGISTERING,
        now=now,
        lives=CEREMONY_LIVES,
        account_id=account.id,
        detail={"challenge": options.challenge.hex()},
    )
    return options_to_json(options), secret


def add_passkey(
    session: Session, desk: IssuerDesk, account: Account, secret: str, credential: str, name: str, now: datetime
) -> Passkey:
    """Keep a passkey that a browser made. Raises Mistakes (``passkey``)."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    link = use_link(session, secret, REGISTERING, now)
    if link is None or link.account_id != account.id:
        refuse("passkey", "That took too long. Try once more.")
    try:
        made = verify_registration_response(
            credential=json.loads(credential[:20_000]),
            expected_challenge=bytes.fromhex(link.detail["challenge"]),
            expected_rp_id=_host(desk),
            expected_origin=_origin(desk),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        refuse("passkey", "The passkey could not be added. Try once more, perhaps with another device.")
    credential_id = bytes_to_base64url(made.credential_id)
    if session.exec(select(Passkey.id).where(Passkey.credential_id == credential_id)).first() is not None:
        refuse("passkey", "This passkey is on record already.")
    row = Passkey(
        account_id=account.id,
        credential_id=credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=" ".join(name.split())[:60],
        created=now,
    )
    session.add(row)
    session.flush()
    _log(session, account, "account.passkey-added", now, passkey=row.id)
    return row


def remove_passkey(session: Session, account: Account, passkey_id: str, now: datetime) -> None:
    """Let a passkey open an account no more. Raises Absent."""
    row = session.get(Passkey, passkey_id)
    if row is None or row.account_id != account.id:
        raise Absent
    session.delete(row)
    _drop_idle_codes(session, account)
    _log(session, account, "account.passkey-removed", now, passkey=row.id)


def ask_for_passkey(session: Session, desk: IssuerDesk, now: datetime) -> tuple[str, str]:
    """What a browser needs to show a passkey, whoever's, as JSON, and the secret it gives back with it."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(rp_id=_host(desk), user_verification=UserVerificationRequirement.REQUIRED)
    secret = make_link(
        session,
        desk,
        purpose=SHOWING,
        now=now,
        lives=CEREMONY_LIVES,
        detail={"challenge": options.challenge.hex()},
    )
    return options_to_json(options), secret


def take_passkey(session: Session, desk: IssuerDesk, secret: str, credential: str, now: datetime) -> Account | None:
    """Whose passkey a browser showed; None where it is none of ours, or was not asked for.

    It stands for both factors: whoever showed it has the device and was known to it (user verification).
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    link = use_link(session, secret, SHOWING, now)
    if link is None:
        return None
    try:
        shown = json.loads(credential[:20_000])
        row = session.exec(select(Passkey).where(Passkey.credential_id == str(shown["id"]))).first()
        if row is None:
            return None
        proved = verify_authentication_response(
            credential=shown,
            expected_challenge=bytes.fromhex(link.detail["challenge"]),
            expected_rp_id=_host(desk),
            expected_origin=_origin(desk),
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    account = session.get(Account, row.account_id)
    if account is None or account.state != "active":
        return None
    row.sign_count, row.last_used = proved.new_sign_count, now
    session.add(row)
    return account


def _host(desk: IssuerDesk) -> str:
    return urlsplit(desk.public_url).hostname or "localhost"


def _origin(desk: IssuerDesk) -> str:
    parts = urlsplit(desk.public_url)
    return f"{parts.scheme}://{parts.netloc}"


def _bytes(text: str) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    return base64url_to_bytes(text)


def _log(session: Session, account: Account, action: str, now: datetime, **detail: str) -> None:
    log.record(session, actor=account.id, action=action, target=f"account:{account.id}", at=now, detail=detail)
