"""The work queue: which claims a person should work next, and why those."""
