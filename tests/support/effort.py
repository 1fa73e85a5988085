"""How hard property tests try: a bounded amount in CI, fifty times that in ``make fuzz``."""

import os

FACTOR = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1


def examples(count: int) -> int:
    """The number of examples to try where CI tries ``count``."""
    return count * FACTOR
