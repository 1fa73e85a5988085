"""`badgeport bake`, `unbake` and `qr`."""

from __future__ import annotations

from badgeport.proofs.secured import open_secured
from badgeport.schemas import carrier
from badgeport.service.cli.console import about, fail, hand_out, named, print_json, read_input, say, write_output
from badgeport.service.cli.contexts import context_store


def bake_image(image: str, credential: str, output: str, overwrite: bool, as_json: bool) -> None:
    """Write the image with the credential inside."""
    data = read_input(credential).removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    if carrier.detect(data) not in ("json", "jws", "sd-jwt"):
        fail(f"{named(credential)}: not a signed credential in JSON, JWT or SD-JWT form")
    with about(credential):
        opened = open_secured(data, contexts=context_store())
    if not opened.proofs:
        fail(f"{named(credential)}: it is not signed; mint it first, then bake what was minted")
    picture = read_input(image)
    try:
        with about(image):
            baked = carrier.bake(picture, data.decode("utf-8"), overwrite=overwrite)
    except UnicodeDecodeError:
        fail(f"{named(credential)}: not UTF-8 text")
    if as_json and output == "-":
        fail("an image does not fit into a JSON document: name a file with -o")
    hand_out(output, baked, as_json, text=False)
    if output != "-":
        say(f"{output}: baked")


def unbake_image(image: str, output: str | None, as_json: bool) -> None:
    """Write out the credential an image carries."""
    with about(image):
        baked = carrier.unbake(read_input(image))
    if baked.standard != "ob3":
        say(f"note: this is {'an Open Badges 2.0' if baked.standard == 'ob2' else 'a CLR 2.0'} image")
    into_file = output is not None and output != "-"
    if into_file or not as_json:
        write_output(output, baked.payload.encode("utf-8", "surrogatepass"), verbatim=True)
    if as_json:
        found = {"file": output} if into_file else {"credential": baked.payload}
        print_json({"standard": baked.standard, **found})


def make_qr(text: str, output: str, as_json: bool) -> None:
    """Write a QR code of a link, or of a file's text when it starts with ``@``."""
    from badgeport.issuer import qr

    if text.startswith("@"):
        try:
            text = read_input(text[1:]).decode("utf-8").strip()
        except UnicodeDecodeError:
            fail(f"{text[1:]}: not UTF-8 text; for a badge, encode a link to it")
    if output.lower().endswith(".svg"):
        data = qr.svg(text)
    elif output.lower().endswith(".png"):
        data = qr.png(text)
    else:
        fail("name an image ending in .svg or .png with -o")
    hand_out(output, data, as_json, text=False, characters=len(text))
    say(f"{output}: {len(text)} characters")
