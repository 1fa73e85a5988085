"""Sound inputs, spoilt with knowledge of their form: members, chunks, headers and lengths, not only bytes.

Every function takes its chances from the `random.Random` it is given, so that a seed gives the same change again.
"""

from __future__ import annotations

import base64
import copy
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Mutator = Callable[[bytes, Random], bytes]

_ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**53,
    10**40,
    1.5,
    "",
    " ",
    "x" * 5_000,
    "\x00",
    "\ud800",
    "did:key:z6Mk",
    "https://",
    "https://[::1]/",
    "2026-02-30T25:61:00Z",
    "99999-01-01T00:00:00Z",
    "data:application/json,{}",
    "#",
    "/",
    [],
    {},
    [[]],
    {"": ""},
    {"@id": []},
    {"@value": 1, "@type": "@json"},
    {"@graph": []},
    [None, 1],
)
_ODD_NAMES = ("@context", "@id", "@type", "@graph", "@base", "id", "type", "proof", "issuer", "__proto__", "", "\x00")
_ODD_SIZES = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1)


def changed_bytes(data: bytes, chance: Random) -> bytes:
    """Some bytes changed, cut out, doubled, moved, or the end cut off."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 40))):
        if not changed:
            break
        at, length = chance.randrange(len(changed)), chance.choice((1, 1, 2, 4, 64, 1024))
        match chance.randrange(7):
            case 0:
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                changed[at : at + length] = chance.randbytes(length)
            case 2:
                del changed[at : at + length]
            case 3:
                changed[at:at] = changed[at : at + length]
            case 4:
                piece = changed[at : at + length]
                del changed[at : at + length]
                to = chance.randrange(len(changed) + 1)
                changed[to:to] = piece
            case 5:
                packed = struct.pack(chance.choice("<>") + "I", chance.choice(_ODD_SIZES))
                changed[at : at + 4] = packed
            case _:
                if chance.random() < 0.3:
                    del changed[at:]
    return bytes(changed)


def spliced(data: bytes, other: bytes, chance: Random) -> bytes:
    """The beginning of one input with the end of another, or one of them inside the other."""
    at, to = chance.randrange(len(data) + 1), chance.randrange(len(other) + 1)
    return data[:at] + other[to:] + (data[at:] if chance.random() < 0.3 else b"")


# -- JSON and tokens ------------------------------------------------------------------------------------------------


def changed_document(document: Any, chance: Random, *, times: int | None = None) -> Any:
    """A deep copy with some of its places taken out, replaced, doubled, wrapped, renamed or swapped."""
    document = copy.deepcopy(document)
    for _ in range(times or chance.choice((1, 1, 1, 2, 4))):
        places = list(_places(document))
        if not places:
            return document
        holder, key = chance.choice(places)
        match chance.randrange(8):
            case 0:
                del holder[key]
            case 1 | 2:
                holder[key] = copy.deepcopy(chance.choice(_ODD_VALUES))
            case 3:
                holder[key] = [holder[key]]
            case 4:
                holder[key] = [holder[key], copy.deepcopy(holder[key])]
            case 5:
                other, name = chance.choice(places)
                if _is_there(other, name):
                    holder[key] = copy.deepcopy(other[name])
            case 6:
                if isinstance(holder, dict):
                    holder[chance.choice(_ODD_NAMES)] = holder.pop(key)
            case _:
                value = holder[key]
                if isinstance(value, str) and value:
                    at = chance.randrange(len(value))
                    holder[key] = value[:at] + chance.choice(("", "x", "é", value[at] * 2)) + value[at + 1 :]
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(members):
        yield value, key
        yield from _places(each)


def _is_there(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def changed_json(data: bytes, chance: Random) -> bytes:
    """A JSON document with places changed; now and then written with repeated members or odd spellings."""
    text = dumped(changed_document(json.loads(data), chance))
    match chance.randrange(12):
        case 0:
            name = chance.choice(list(json.loads(data)))
            text = b"{" + dumped(name) + b":" + dumped(chance.choice(_ODD_VALUES)) + b"," + text[1:]
        case 1:
            text = b"\xef\xbb\xbf" + text
        case 2:
            text = text.decode().encode("utf-16")
        case 3:
            text = text.replace(b'"id"', b'"\\u0069d"', 1)
        case 4:
            text = text.replace(b"1", b"1e0", 1)
    return text


def dumped(value: Any) -> bytes:
    """JSON, with halves of surrogate pairs as escapes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode()


def changed_token(data: bytes, chance: Random) -> bytes:
    """A JWT or SD-JWT with its header, payload, signature or disclosures changed, under the old signature."""
    token, tilde, rest = data.decode().partition("~")
    parts = token.split(".")
    match chance.randrange(8):
        case 0 | 1:
            parts[0] = _encoded(changed_document(_decoded(parts[0]), chance))
        case 2 | 3:
            parts[1] = _encoded(changed_document(_decoded(parts[1]), chance))
        case 4:
            header = _decoded(parts[0])
            header["alg"] = chance.choice(("none", "None", "HS256", "ES256", "EdDSA", "RS256", "", None, ["EdDSA"]))
            parts[0] = _encoded(header)
            parts[2] = chance.choice((parts[2], "", "AAAA"))
        case 5:
            parts.insert(chance.randrange(4), chance.choice(("", "e30", parts[1])))
        case 6:
            parts[2] = base64.urlsafe_b64encode(changed_bytes(_raw(parts[2]), chance)).rstrip(b"=").decode()
        case _:
            token = ".".join(parts)
            at = chance.randrange(len(token))
            parts = (token[:at] + chance.choice(("=", "+", "/", "\n", "", ".", "~", "A")) + token[at + 1 :]).split(".")
    if tilde and chance.random() < 0.6:
        rest = _changed_disclosures(rest, chance)
    return (".".join(parts) + tilde + rest).encode()


def _changed_disclosures(rest: str, chance: Random) -> str:
    pieces = rest.split("~")
    at = chance.randrange(len(pieces))
    match chance.randrange(5):
        case 0:
            del pieces[at]
        case 1:
            pieces.insert(at, pieces[at])
        case 2:
            chance.shuffle(pieces)
        case 3:
            if pieces[at]:
                pieces[at] = _encoded(changed_document(_decoded(pieces[at]), chance))
        case _:
            pieces.insert(at, _encoded(["salt", chance.choice(("name", "issuer", "_sd", "...")), "forged"]))
    return "~".join(pieces)


def _raw(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _decoded(part: str) -> Any:
    return json.loads(_raw(part))


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(dumped(value)).rstrip(b"=").decode()


# -- carriers -------------------------------------------------------------------------------------------------------


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a sound PNG file: type and content."""
    chunks, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG file of these chunks, with the right lengths and checksums."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, body in chunks:
        parts.append(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
    return b"".join(parts)


def changed_png(data: bytes, chance: Random) -> bytes:
    """Chunks changed, dropped, doubled, moved or renamed under right checksums; or a stated length that is a lie."""
    chunks = png_chunks(data)
    at = chance.randrange(len(chunks))
    kind, body = chunks[at]
    match chance.randrange(8):
        case 0:
            del chunks[at]
        case 1:
            chunks.insert(chance.randrange(len(chunks) + 1), chunks[at])
        case 2:
            chance.shuffle(chunks)
        case 3:
            chunks[at] = (kind, changed_bytes(body, chance))
        case 4:
            chunks[at] = (chance.choice((b"tEXt", b"iTXt", b"zTXt", b"IDAT", b"IEND", b"\0\0\0\0", b"iCCP")), body)
        case 5:
            header = bytearray(chunks[0][1])
            start = chance.choice((0, 4))
            header[start : start + 4] = struct.pack(">I", chance.choice(_ODD_SIZES))
            chunks[0] = (chunks[0][0], bytes(header))
        case 6:
            chunks.insert(at, (chance.choice((b"tEXt", b"iTXt")), b"openbadgecredential\0\0\0\0\0" + b"{}"))
        case _:
            whole = bytearray(png_of(chunks))
            start = 8 + sum(12 + len(each) for _, each in chunks[:at])
            whole[start : start + 4] = struct.pack(">I", chance.choice(_ODD_SIZES))
            return bytes(whole)
    return png_of(chunks)


def changed_svg(data: bytes, chance: Random) -> bytes:
    """Elements doubled, nested, commented out, renamed, with a document type or entities put before them."""
    text = data.decode()
    match chance.randrange(8):
        case 0:
            text = f'<!DOCTYPE svg [<!ENTITY a "{"b" * 50}"><!ENTITY c "&a;&a;&a;">]>{text}'
        case 1:
            found = re.search(r"<(\w+:credential)[^>]*?(/>|>.*?</\1>)", text, re.DOTALL)
            if found:
                text = text[: found.end()] + found.group() + text[found.end() :]
        case 2:
            text = text.replace("<svg", "<svg><svg", 1) + "</svg>"
        case 3:
            text = "<a>" * 300 + text + "</a>" * 300
        case 4:
            text = f'<?xml version="1.0" encoding="{chance.choice(("utf-16", "x-unknown", "latin-1"))}"?>{text}'
        case 5:
            text = text.replace("&lt;", chance.choice(("<", "&#60;", "&#x3c;", "&undefined;")))
        case 6:
            text = text.replace("verify=", chance.choice(("Verify=", "verify='' verify=", "x:verify=")))
        case _:
            return changed_bytes(data, chance)
    return text.encode()


_ZIP_RECORDS: dict[bytes, tuple[tuple[int, str], ...]] = {
    b"PK\x03\x04": ((4, "H"), (6, "H"), (8, "H"), (14, "I"), (18, "I"), (22, "I"), (26, "H"), (28, "H")),
    b"PK\x01\x02": ((8, "H"), (10, "H"), (16, "I"), (20, "I"), (24, "I"), (28, "H"), (30, "H"), (38, "I"), (42, "I")),
    b"PK\x05\x06": ((4, "H"), (8, "H"), (10, "H"), (12, "I"), (16, "I"), (20, "H")),
}
"""The fields of each record of a ZIP archive: where, and how wide."""


def changed_zip(data: bytes, chance: Random) -> bytes:
    """Fields of its headers changed: sizes, offsets, counts, methods, flags, lengths of names."""
    changed = bytearray(data)
    found = [(match.start(), match.group()) for match in re.finditer(rb"PK(\x03\x04|\x01\x02|\x05\x06)", data)]
    for _ in range(chance.choice((1, 1, 2, 4))):
        start, kind = chance.choice(found)
        offset, width = chance.choice(_ZIP_RECORDS[kind])
        size = struct.calcsize(f"<{width}")
        value = chance.choice(_ODD_SIZES) & (256**size - 1)
        if chance.random() < 0.4 and start + offset + size <= len(changed):
            (value,) = struct.unpack_from(f"<{width}", changed, start + offset)
            value = (value + chance.choice((-1, 1, 7, 30))) & (256**size - 1)
        changed[start + offset : start + offset + size] = struct.pack(f"<{width}", value)
    return bytes(changed)


def changed_pdf(data: bytes, chance: Random) -> bytes:
    """Its numbers, names and references changed, so that lengths, offsets, counts and the tree of names lie."""
    changed = data
    for _ in range(chance.choice((1, 2, 3, 8))):
        match chance.randrange(5):
            case 0 | 1:
                value = str(chance.choice((*_ODD_SIZES, -1, "1e9"))).encode()
                changed = _one(rb"\b\d+\b", value, changed, chance)
            case 2:
                value = f"{chance.randrange(12)} 0 R".encode()
                changed = _one(rb"\b\d+ \d+ R\b", value, changed, chance)
            case 3:
                names = (b"/Kids", b"/Names", b"/Parent", b"/Length", b"/EF", b"/FlateDecode", b"/ObjStm", b"/Prev")
                changed = _one(rb"/[A-Z][A-Za-z]+", chance.choice(names), changed, chance)
            case _:
                changed = _one(rb"endobj|endstream|stream|<<|>>|\]|trailer|xref", b"", changed, chance)
    return changed


def _one(pattern: bytes, value: bytes, data: bytes, chance: Random) -> bytes:
    """One of the matches replaced."""
    found = list(re.finditer(pattern, data))
    if not found:
        return data
    match = chance.choice(found)
    return data[: match.start()] + value + data[match.end() :]


def changed_jpeg(data: bytes, chance: Random) -> bytes:
    """Segments' stated lengths and the picture's stated size changed."""
    changed = bytearray(data)
    found = [match.start() for match in re.finditer(rb"\xff[\xc0-\xef]", data[:2_000])]
    at = chance.choice(found)
    if chance.random() < 0.5:
        at = data.find(b"\xff\xc0") + 3
    changed[at + 2 : at + 4] = struct.pack(">H", chance.choice(_ODD_SIZES) & 0xFFFF)
    return bytes(changed)


def changed_members(data: bytes, chance: Random) -> bytes:
    """An archive in good order whose files are changed, missing, added or named otherwise."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    at = chance.randrange(len(members))
    name, body = members[at]
    match chance.randrange(6):
        case 0:
            del members[at]
        case 1:
            members.append((chance.choice(("receipt.json", "../x", "input.json/", "x" * 300, "\u202e.json")), body))
        case 2:
            members[at] = (chance.choice([each for each, _ in members]), body)
        case 3:
            members[at] = (name, changed_bytes(body, chance))
        case _:
            at = next((index for index, (each, _) in enumerate(members) if each.endswith("package.json")), at)
            name, body = members[at]
            if body.startswith(b"{"):
                members[at] = (name, changed_json(body, chance))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name, body in dict(members).items():
            written.writestr(name, body)
    return out.getvalue()
