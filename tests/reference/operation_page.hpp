#pragma once
#include <string>

#include <autograd/ops/entry.hpp>

#include "reference/pages.hpp"

namespace xg::reference {

std::string operation_page(const OpEntry& op, const Declared& declared);
/// The text for a cell of a table.
std::string in_table(std::string text);
std::string code(const std::string& text);

} // namespace xg::reference
