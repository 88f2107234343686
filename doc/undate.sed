# Empty the date in the title of a manual page.
s/^\(\.TH "[^"]*" "[^"]*"\) "[-0-9]*"/\1 ""/
