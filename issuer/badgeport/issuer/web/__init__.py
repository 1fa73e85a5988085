"""The frame of the issuer's pages and APIs: who asks, what they may, forms, lists, templates."""
