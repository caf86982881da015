"""The industry's own files: X12 837 claims and 835 remittances, read and posted."""
