"""Turning a document into the one text that is hashed: RDFC-1.0 over JSON-LD, and JCS."""

from badgeport.proofs.canonicalization.engines import canonicalize, check_data_loss
from badgeport.proofs.canonicalization.engines import quads as dataset
from badgeport.proofs.canonicalization.jcs import jcs
from badgeport.proofs.canonicalization.nquads import Quad
from badgeport.proofs.canonicalization.rdfc import CanonicalForm, canonical_form

__all__ = ["CanonicalForm", "Quad", "canonical_form", "canonicalize", "check_data_loss", "dataset", "jcs"]
