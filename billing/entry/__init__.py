"""Patients, encounters and line items, entered and read in the browser."""
