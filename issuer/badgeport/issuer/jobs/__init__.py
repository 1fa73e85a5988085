"""Work for later: recorded in the transaction that makes it necessary, done by a worker, repeated until it is done."""
