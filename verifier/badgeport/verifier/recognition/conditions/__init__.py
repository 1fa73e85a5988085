"""What a rule asks: the kinds of conditions, the facts and badges they look at, and what they answer."""
