"""QR codes of a link or a short text as SVG and PNG (ISO/IEC 18004): error correction M, quiet zone of four modules."""

from __future__ import annotations

from html import escape

import qrcode
from qrcode.exceptions import DataOverflowError

from badgeport.issuer import raster
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, RANGE_ERROR, ProblemError

QUIET_ZONE = 4
MAX_BYTES = 2331
"""What the largest code holds at error correction M."""


def matrix(content: str) -> list[list[bool]]:
    """The modules of the code of ``content``, quiet zone included; true is dark.

    Raises ``ProblemError``: MALFORMED_VALUE_ERROR where there is nothing to encode, RANGE_ERROR where it is too long.
    """
    try:
        data = content.encode("utf-8")
    except UnicodeEncodeError:
        raise ProblemError(MALFORMED_VALUE_ERROR, "The text for the QR code is not valid Unicode.") from None
    if not data:
        raise ProblemError(MALFORMED_VALUE_ERROR, "There is nothing to put into the QR code.")
    if len(data) > MAX_BYTES:
        raise ProblemError(
            RANGE_ERROR,
            f"The text is {len(data)} bytes long and a QR code holds {MAX_BYTES}; encode a link to the badge instead.",
        )
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(data)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        raise ProblemError(
            RANGE_ERROR, "The text is too long for a QR code; encode a link to the badge instead."
        ) from None
    return [[bool(module) for module in row] for row in code.get_matrix()]


def svg(content: str, *, title: str = "QR code") -> bytes:
    """The code as an SVG picture, black on white; ``title`` is what a screen reader says. Raises as `matrix`."""
    rows = matrix(content)
    size = len(rows)
    path = "".join(_runs(row, y) for y, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size * 8}" height="{size * 8}"'
        f' role="img" shape-rendering="crispEdges"><title>{_xml(title)}</title>'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{path}"/></svg>\n'
    ).encode()


def png(content: str, *, scale: int = 8) -> bytes:
    """The code as a PNG picture, ``scale`` pixels a module (1 to 64). Raises as `matrix`, RANGE_ERROR for the scale."""
    if not 1 <= scale <= 64:
        raise ProblemError(RANGE_ERROR, "The scale of a QR code is from 1 to 64 pixels a module.")
    return raster.one_bit(matrix(content), scale)


def _runs(row: list[bool], y: int) -> str:
    """The dark runs of one row as path commands."""
    commands, x = [], 0
    while x < len(row):
        start = x
        while x < len(row) and row[x]:
            x += 1
        if x > start:
            commands.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
        x += 1
    return "".join(commands)


def _xml(text: str) -> str:
    return escape("".join(character for character in text if character.isprintable()))
