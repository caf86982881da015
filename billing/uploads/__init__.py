"""Files that people load in the browser: receive, look at, agree, load, undo."""
