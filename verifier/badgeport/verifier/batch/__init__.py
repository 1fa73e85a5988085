"""Many inputs at once, in the background: kept until they are done, resumed after a crash, answered row by row."""
