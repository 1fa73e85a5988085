"""Programs that issue: VCALM, and the management API."""
