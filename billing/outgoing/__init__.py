"""Files out in the industry's own form: claims (X12 837P) and remittances (X12 835)."""
