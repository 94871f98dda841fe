#pragma once
#include <span>
#include <string_view>

#include <autograd/export.hpp>

namespace xg {

struct OpEntry;

/// The registry: the row of every operation, family by family.
XGRAD_API std::span<const OpEntry* const> all_ops();
/// The row called `name`, or null.
XGRAD_API const OpEntry* find_op(std::string_view name);

} // namespace xg
