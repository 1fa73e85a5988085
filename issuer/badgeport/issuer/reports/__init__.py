"""What a program achieved: uptake, completion, resubmission, time to a result."""
