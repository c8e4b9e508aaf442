// Nothing: the program exists for its precompiled header, which all tests share.
int main() {}
