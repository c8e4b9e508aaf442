# Turns the plain comments of a public header into Doxygen's: those before a declaration, and those
# behind a field. "name: text" lines stay prose.
/^\/\* / && !seen { sub(/^\/\* /, "/** @file\n * "); seen = 1; print; next }
/^ *\/\* / { sub(/\/\* /, "/** ") }
/[;,] +\/\* / { sub(/\/\* /, "/**< ") }
{ sub(/^ \* +[0-9]+\. /, " * -# "); print }
