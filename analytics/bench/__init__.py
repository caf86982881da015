"""How long the pages take at some number of claims, beside another design on the same claims.

`throwaway` makes the database, `wide_tables` the other design and its eight questions, `measuring`
the times. Nothing here prints: `manage.py bench` does.
"""
