"""Files in: read, check, save, report. Nothing here prints or reads arguments."""
