#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <autograd/export.hpp>

namespace xg {

/// Sizes, axes and indices.
using Index = std::int64_t;

/// The element types, in the order of promotion.
enum class DType : std::uint8_t { boolean, int64, float32, float64 };
inline constexpr int dtype_count = 4;
inline constexpr DType boolean = DType::boolean;
inline constexpr DType int64 = DType::int64;
inline constexpr DType float32 = DType::float32;
inline constexpr DType float64 = DType::float64;

constexpr std::size_t size_of(DType d) { return d == DType::boolean ? 1 : d == DType::float32 ? 4 : 8; }
constexpr bool is_floating(DType d) { return d >= DType::float32; }
/// The smaller of the two types that holds the values of both: boolean < int64 < float32 < float64.
constexpr DType promote(DType a, DType b) { return a < b ? b : a; }
/// "float32" ...
XGRAD_API std::string_view name_of(DType d);

/// The C++ types that elements are read and written as.
template <class T>
concept Element =
    std::same_as<T, bool> || std::same_as<T, std::int64_t> || std::same_as<T, float> || std::same_as<T, double>;

template <Element T>
inline constexpr DType dtype_of = std::is_same_v<T, bool>     ? DType::boolean
                                  : std::is_same_v<T, float>  ? DType::float32
                                  : std::is_same_v<T, double> ? DType::float64
                                                              : DType::int64;

/// A C++ number as an operand. It is weak: it takes the dtype of the tensors beside it if that can hold it.
class Number {
public:
    enum class Kind : std::uint8_t { truth, integral, floating };

    constexpr Number() = default;
    template <class T>
    requires std::is_arithmetic_v<T>
    constexpr Number(T v) {
        if constexpr (std::is_same_v<T, bool>) {
            kind_ = Kind::truth;
            integral_ = v;
        } else if constexpr (std::is_integral_v<T>) {
            kind_ = Kind::integral;
            integral_ = static_cast<std::int64_t>(v);
        } else {
            kind_ = Kind::floating;
            floating_ = static_cast<double>(v);
        }
    }
    constexpr Kind kind() const { return kind_; }
    template <class T>
    constexpr T as() const {
        return kind_ == Kind::floating ? static_cast<T>(floating_) : static_cast<T>(integral_);
    }
    /// The dtype it has when no tensor decides: boolean, int64 or float32.
    constexpr DType dtype() const {
        return kind_ == Kind::truth ? DType::boolean : kind_ == Kind::integral ? DType::int64 : DType::float32;
    }

private:
    Kind kind_ = Kind::integral;
    union {
        std::int64_t integral_ = 0;
        double floating_;
    };
};

} // namespace xg
