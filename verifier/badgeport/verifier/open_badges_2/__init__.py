"""Open Badges 2.0: badges that rest on what their issuer hosts, or on a signature of the older kind.

`facts.examine` establishes everything once; `rows` answers the checks on those facts. The documents are read as plain
JSON under the names of the Open Badges 2.0 context: nothing a badge says can bring in another context.
"""
