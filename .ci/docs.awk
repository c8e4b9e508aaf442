# Turns the plain comments of a public header into Doxygen's: those before a declaration, and those
# behind a field. "name: text" lines stay prose, and an @ that begins no command is one of an address.
/@/ && !/@see/ { n = split($0, part, "@"); $0 = part[1]; for (i = 2; i <= n; i++) $0 = $0 "\\@" part[i] }
/^\/\* / && !seen { sub(/^\/\* /, "/** @file\n * "); seen = 1; print; next }
/^ *\/\* / { sub(/\/\* /, "/** ") }
/[;,] +\/\* |^#define [A-Z_]+ .*\/\* |^  [0-9]+ +\/\* / { sub(/\/\* /, "/**< ") }
{ sub(/^ \* +[0-9]+\. /, " * -# "); print }
