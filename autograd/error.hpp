#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

#include <autograd/export.hpp>

namespace xg {

/// The root of everything xgrad throws. `what()` is "Kind: operation and argument, what came, what was expected, the
/// cure, and the line of the caller". After any error the operands, models and optimizers are as they were.
class XGRAD_API Error : public std::runtime_error {
public:
    Error(std::string_view kind, const std::string& message);
    /// "ShapeError", "DTypeError" ...
    std::string_view kind() const noexcept { return kind_; }

private:
    std::string_view kind_; // always a literal
};

// One line a kind: the class, and its name as `kind()` and `what()` give it.
#define XGRAD_ERROR_KIND(Name)                                               \
    class XGRAD_API Name : public Error {                                    \
    public:                                                                  \
        explicit Name(const std::string& message) : Error(#Name, message) {} \
    };
XGRAD_ERROR_KIND(ShapeError)  ///< shapes that do not fit together
XGRAD_ERROR_KIND(DTypeError)  ///< an element type an operation does not take
XGRAD_ERROR_KIND(ValueError)  ///< a number outside its range: a NaN rate, p outside [0, 1], a singular matrix
XGRAD_ERROR_KIND(IndexError)  ///< an axis or an index out of range
XGRAD_ERROR_KIND(GraphError)  ///< backward on a non-scalar, twice, without a graph, after an in-place change
XGRAD_ERROR_KIND(StateError)  ///< an undefined or moved-from tensor, no gradient yet, names that do not match
XGRAD_ERROR_KIND(FileError)   ///< a file that is missing, cut, malformed or cannot be written
XGRAD_ERROR_KIND(MemoryError) ///< memory that cannot be had
#undef XGRAD_ERROR_KIND

} // namespace xg
