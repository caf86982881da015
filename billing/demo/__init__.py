"""An invented practice with two years of claims, for a first look and for tests.

`practice` is the cast, `visits` who came when, `stories` what became of each claim, `seeding`
stores it. `docs/demo-data.md` says which truths are planted and where the pages show them.
"""
