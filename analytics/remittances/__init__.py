"""Remittances: what payers sent, whether it adds up, and what waits for a person."""
