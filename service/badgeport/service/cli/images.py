"""`badgeport bake`, `unbake` and `qr`."""

from __future__ import annotations

from badgeport.schemas import carrier
from badgeport.schemas.problems import PARSING_ERROR, ProblemError
from badgeport.service.cli.console import fail, print_json, read_input, say, write_output


def bake_image(image: str, credential: str, output: str, overwrite: bool) -> None:
    """Write the image with the credential inside."""
    data = read_input(credential).strip(b" \t\r\n")
    if carrier.detect(data) not in ("json", "jws", "sd-jwt"):
        fail(f"{credential}: not a signed credential in JSON or JWT form")
    try:
        baked = carrier.bake(read_input(image), data.decode("utf-8"), overwrite=overwrite)
    except UnicodeDecodeError:
        raise ProblemError(PARSING_ERROR, f"{credential} is not UTF-8 text") from None
    write_output(output, baked, text=False)
    say(f"{output}: baked")


def unbake_image(image: str, output: str | None, as_json: bool) -> None:
    """Write out the credential an image carries."""
    baked = carrier.unbake(read_input(image))
    if as_json:
        print_json({"standard": baked.standard, "credential": baked.payload})
        return
    if baked.standard != "ob3":
        say(f"note: this is {'an Open Badges 2.0' if baked.standard == 'ob2' else 'a CLR 2.0'} image")
    write_output(output, baked.payload.encode("utf-8", "surrogatepass"))


def make_qr(text: str, output: str) -> None:
    """Write a QR code of a link, or of a file's text when it starts with ``@``."""
    from badgeport.issuer import qr

    if text.startswith("@"):
        try:
            text = read_input(text[1:]).decode("utf-8").strip()
        except UnicodeDecodeError:
            fail(f"{text[1:]}: not UTF-8 text")
    if output.endswith(".svg"):
        data = qr.svg(text)
    elif output.endswith(".png"):
        data = qr.png(text)
    else:
        fail("name an image ending in .svg or .png with -o")
    write_output(output, data, text=False)
    say(f"{output}: {len(text)} characters")
