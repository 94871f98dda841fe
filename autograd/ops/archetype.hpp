#pragma once
#include <autograd/ops/scalar_math.hpp>

namespace xg {

/// The least that a scalar type must offer for the derivative rules to work on it. Every rule is compiled for it, so
/// that no rule comes to rely on more; the laws compare what it computes with the tensors' gradients.
struct Archetype {
    explicit constexpr Archetype(double v) : value(v) {}
    double value;
};

using ArchetypeArg = const Archetype&;
inline Archetype operator-(ArchetypeArg a) { return Archetype(-a.value); }

#define XGRAD_ARCHETYPE_BINARY(op, Result)                                                           \
    inline Result operator op(ArchetypeArg a, ArchetypeArg b) { return Result(a.value op b.value); } \
    inline Result operator op(ArchetypeArg a, double b) { return Result(a.value op b); }             \
    inline Result operator op(double a, ArchetypeArg b) { return Result(a op b.value); }
XGRAD_ARCHETYPE_BINARY(+, Archetype)
XGRAD_ARCHETYPE_BINARY(-, Archetype)
XGRAD_ARCHETYPE_BINARY(*, Archetype)
XGRAD_ARCHETYPE_BINARY(/, Archetype)
XGRAD_ARCHETYPE_BINARY(<, bool)
XGRAD_ARCHETYPE_BINARY(>, bool)
XGRAD_ARCHETYPE_BINARY(<=, bool)
XGRAD_ARCHETYPE_BINARY(>=, bool)
XGRAD_ARCHETYPE_BINARY(==, bool)
XGRAD_ARCHETYPE_BINARY(!=, bool)
#undef XGRAD_ARCHETYPE_BINARY

inline Archetype exp(ArchetypeArg x) { return Archetype(exp(x.value)); }
inline Archetype log(ArchetypeArg x) { return Archetype(log(x.value)); }
inline Archetype sqrt(ArchetypeArg x) { return Archetype(sqrt(x.value)); }
inline Archetype tanh(ArchetypeArg x) { return Archetype(tanh(x.value)); }
inline Archetype square(ArchetypeArg x) { return Archetype(square(x.value)); }
inline Archetype sign(ArchetypeArg x) { return Archetype(sign(x.value)); }
inline Archetype sigmoid(ArchetypeArg x) { return Archetype(sigmoid(x.value)); }
inline Archetype step(ArchetypeArg a, ArchetypeArg b) { return Archetype(step(a.value, b.value)); }
inline Archetype pow(ArchetypeArg a, ArchetypeArg b) { return Archetype(pow(a.value, b.value)); }
inline Archetype where(bool c, ArchetypeArg a, ArchetypeArg b) { return c ? a : b; }
inline Archetype where(bool c, double a, ArchetypeArg b) { return c ? Archetype(a) : b; }

} // namespace xg
