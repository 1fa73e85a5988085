"""One credential in every file that can carry it, and files that only look like that."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import qrcode
from PIL import Image
from pypdf import PdfWriter

from badgeport.schemas import carrier

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle r="4"/></svg>'


def picture(format: str = "PNG", size: tuple[int, int] = (60, 60)) -> bytes:
    """A plain picture that carries nothing."""
    out = io.BytesIO()
    Image.new("RGB", size, (20, 90, 160)).save(out, format)
    return out.getvalue()


def png(credential: bytes) -> bytes:
    """A PNG image with the credential baked into it."""
    return carrier.bake(picture(), credential.decode())


def svg(credential: bytes) -> bytes:
    """An SVG image with the credential baked into it."""
    return carrier.bake(SVG, credential.decode())


def code(text: bytes | str, mode: str = "L") -> Image.Image:
    """A drawing of a QR code."""
    drawn: Image.Image = qrcode.make(text, error_correction=qrcode.constants.ERROR_CORRECT_L).get_image()
    return drawn.convert(mode)


def code_picture(*texts: bytes | str, format: str = "PNG", turned: float = 0, mode: str = "L") -> bytes:
    """A picture of QR codes, one beside the other."""
    drawn = [code(text, mode) for text in texts]
    sheet = Image.new(mode, (sum(each.width for each in drawn), max(each.height for each in drawn)), "white")
    left = 0
    for each in drawn:
        sheet.paste(each, (left, 0))
        left += each.width
    if turned:
        sheet = sheet.rotate(turned, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    out = io.BytesIO()
    sheet.save(out, format)
    return out.getvalue()


def archive(*files: tuple[str, bytes], **options: Any) -> bytes:
    """A ZIP archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", options.pop("compression", zipfile.ZIP_DEFLATED)) as written:
        for name, data in files:
            written.writestr(name, data)
    return out.getvalue()


def pdf(*files: tuple[str, bytes], password: str | None = None) -> bytes:
    """A PDF document of one page with these files attached."""
    writer = PdfWriter()
    writer.add_blank_page(300, 200)
    for name, data in files:
        writer.add_attachment(name, data)
    if password is not None:
        writer.encrypt(password, "owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def page(head: str = "", body: str = "<h1>A badge</h1>") -> bytes:
    """A web page."""
    return (
        f"<!DOCTYPE html>\n<html lang='en'><head><title>Badge</title>{head}</head><body>{body}</body></html>".encode()
    )
