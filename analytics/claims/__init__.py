"""The claims themselves: the list, what is done to many at once, and the page of one."""
