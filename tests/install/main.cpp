#include <autograd/version.hpp>
#include <iostream>

int main() { std::cout << "xgrad " << xg::version() << "\n"; }
