#pragma once
#include <map>
#include <string>

// The reference pages, made from the registry, the headers and a run of the laws.
namespace xg::reference {

/// What is declared about an operation in a header.
struct Declared {
    std::string comment;      ///< without slashes, one line a line
    std::string declarations; ///< one after the other
    bool one_tensor = true;   ///< every one of them gives a Tensor
};
std::map<std::string, Declared> declared_operations();

/// Pages by their path in docs/reference.
std::map<std::string, std::string> pages();

} // namespace xg::reference
