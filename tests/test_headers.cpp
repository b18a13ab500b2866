// Nothing: what is wanted of this program is its precompiled headers (CMakeLists.txt).
int main() {}
