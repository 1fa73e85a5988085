"""From what an author wrote to a policy, and back. What cannot be decided is refused, with line and reason."""
