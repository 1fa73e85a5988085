"""Every bound that input is held to, in one place (checks row 2: limits come before parsing)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for hostile or broken input. Sizes are bytes unless a name says otherwise."""

    input_bytes: int = 16 * 1024 * 1024
    """One file or message as received (an image, a document)."""
    document_bytes: int = 2 * 1024 * 1024
    """One JSON document or compact JWS, after it was taken out of its carrier."""
    json_depth: int = 64
    """Nesting of arrays and objects."""
    json_integer: int = 2**53 - 1
    """Largest magnitude of an integer (I-JSON, RFC 7493)."""
    json_members: int = 100_000
    """Members and array items in one document, counted together."""
    decompressed_bytes: int = 32 * 1024 * 1024
    """What one compressed stream may expand to (a status list of 2**28 one-bit entries)."""
    status_bytes: int = 64 * 1024 * 1024
    """What all status lists of one input may expand to together, beside the last of them."""
    status_entries: int = 4_000
    """Status entries looked up for one input, counted together over everything it contains."""
    svg_bytes: int = 4 * 1024 * 1024
    """One SVG image; parsing costs many times its size in memory."""
    archive_entries: int = 10_000
    """Files in archives, or attached to PDF files, counted together over everything that is handed in together."""
    archive_bytes: int = 128 * 1024 * 1024
    """What all of these files may expand to together."""
    archive_ratio: int = 200
    """How many times its packed size a file in an archive may expand to, beyond the first 64 KiB."""
    image_pixels: int = 50_000_000
    """Width times height of one picture in which a QR code is looked for."""
    pdf_objects: int = 100_000
    """Objects of one PDF file that are looked at in search of its attachments."""
    reader_seconds: int = 10
    """Processor time that reading one PDF file, or looking for QR codes in one picture, may take."""
    reader_memory: int = 1024 * 1024 * 1024
    """Address space that either may take."""
    looks: int = 50
    """Pictures without a credential of their own and PDF files looked into, of everything handed in together."""
    look_seconds: float = 60.0
    """How long looking into all of them may take, beside the last of them."""
    base58_chars: int = 4096
    """Length of a base58 text; decoding takes quadratic time."""
    quads: int = 20_000
    """RDF statements of one document."""
    canonical_chars: int = 16 * 1024 * 1024
    """Characters of one document's canonical N-Quads: a long id is repeated in every statement about it."""
    iri_chars: int = 8_192
    """Length of one IRI, unless it is a ``data:`` URL."""
    canonicalization_steps: int = 250_000
    """Work budget of RDFC-1.0 for one document: hash operations in N-degree hashing."""
    proof_steps: int = 400_000
    """Work on the proofs of everything one input contains: members and items canonicalized, hashes to tell unnamed
    objects apart, and signatures of single statements at ten each."""
    proofs: int = 16
    """Proofs on one document."""
    verification_methods: int = 256
    """Verification methods that one key document describes."""
    published_keys: int = 1_000
    """Keys in the key set of one host."""
    fetches: int = 256
    """Documents asked for on behalf of one input."""
    fetched_bytes: int = 64 * 1024 * 1024
    """What all documents asked for on behalf of one input may hold together, beside the last of them."""
    fetch_seconds: float = 60.0
    """How long all that is asked for on behalf of one input may take, beside the last of it."""
    members: int = 1_000
    """Credentials contained in one envelope, presentation or endorsement list, counted together over all depths."""
    nesting: int = 4
    """Depth of credentials within credentials."""


DEFAULT_LIMITS = Limits()
