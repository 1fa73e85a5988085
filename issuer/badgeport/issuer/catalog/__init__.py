"""The catalogue: versioned definitions of micro-credentials and stacks, quality frameworks, proposals of educators."""
