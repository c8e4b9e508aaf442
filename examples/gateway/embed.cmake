# Writes the files of the page into one C++ source, run by the build: cmake -DPAGE=folder
# -DOUT=file.cpp -P embed.cmake
set(_out "#include \"gateway/page.h\"\n\nnamespace example {\nnamespace {\n\n")
foreach(file IN ITEMS index.html style.css page.js)
  file(READ ${PAGE}/${file} _hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," _bytes "${_hex}")
  string(REPLACE "." "_" _name ${file})
  string(APPEND _out "constexpr char k_${_name}[] = {${_bytes}};\n")
endforeach()
string(APPEND _out "\n}  // namespace\n\nconst std::array<PageFile, 3> kPageFiles{{\n"
  "    {\"\", \"text/html; charset=utf-8\", {k_index_html, sizeof k_index_html}},\n"
  "    {\"style.css\", \"text/css; charset=utf-8\", {k_style_css, sizeof k_style_css}},\n"
  "    {\"page.js\", \"text/javascript; charset=utf-8\", {k_page_js, sizeof k_page_js}},\n"
  "}};\n\n}  // namespace example\n")
file(WRITE ${OUT} "${_out}")
