"""The KPIs, one module per subject: rows, functions, pages, in that order."""
