#pragma once
#include <map>
#include <string>

// One page a module, loss, optimizer and schedule, made from the registry in tests/nn/registry and the headers.
namespace xg::reference {

/// Pages by their path in docs/reference, and the lists of all of them.
std::map<std::string, std::string> class_pages();

} // namespace xg::reference
