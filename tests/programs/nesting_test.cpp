// Random programs of nested transforms over closed-over values, against symbolic truth: the laws alone miss mistakes that
// only nesting shows.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <random>

#include <autograd/autograd.hpp>

#include "programs/symbolic.hpp"
#include "support/compare.hpp"
#include "support/sanitized.hpp"

using namespace xg;
using test::Algebra;
using Expression = Algebra::Expression;

namespace {

constexpr int programs = test::sanitized ? 200 : 1500;
constexpr std::uint64_t first_seed = 20240905;
constexpr int inputs = 3;

enum class Kind { variable, number, add, mul, sin, tanh, exp, grad, jvp, vjp, vmap, jacobian, hessian, hvp };
constexpr bool binds(Kind k) { return k >= Kind::grad; }
// Of two variables are jacobian, hessian and hvp; of one the others.
constexpr int bound_by(Kind k) { return k >= Kind::jacobian ? 2 : 1; }

// A term of numbers. A binder closes over every variable outside it.
struct Term {
    Kind kind;
    std::vector<Term> parts = {};  // operands; of a binder where it is evaluated: points, then directions
    std::vector<Term> bodies = {}; // of a binder, with the variables from `variable` on
    int variable = 0;
    double number = 0;
    int row = 0, column = 0; // the entry of a Jacobian or Hessian
};

class Grammar {
public:
    explicit Grammar(std::uint64_t seed) : bits_(seed) {}
    int below(int n) { return static_cast<int>(bits_() % static_cast<std::uint64_t>(n)); }
    double number() { return static_cast<double>(below(19) - 9) / 8; }

    // `variables` are in scope; at most `binders` transforms are nested from here on.
    Term term(int size, int binders, int variables) {
        if (size <= 1) {
            if (below(6) == 0) return {.kind = Kind::number, .number = number()};
            // The innermost variable most often, the others so that it is closed over
            const int v = below(2) == 0 ? variables - 1 : below(variables);
            return {.kind = Kind::variable, .variable = v};
        }
        if (binders > 0 && below(3) == 0) return binder(size, binders, variables);
        const auto op = static_cast<Kind>(static_cast<int>(Kind::add) + below(5));
        if (op == Kind::add || op == Kind::mul) {
            const int left = 1 + below(size - 1);
            Term a = term(left, binders, variables);
            return {.kind = op, .parts = {std::move(a), term(size - left, binders, variables)}};
        }
        return {.kind = op, .parts = {term(size - 1, binders, variables)}};
    }

private:
    Term binder(int size, int binders, int variables) {
        Term t{.kind = static_cast<Kind>(static_cast<int>(Kind::grad) + below(7)), .variable = variables};
        const int bound = bound_by(t.kind), points = t.kind == Kind::vmap ? 3 : bound;
        const bool directed = t.kind == Kind::jvp || t.kind == Kind::vjp || t.kind == Kind::hvp;
        // A point may hold transforms of its own, which are then not nested in this one.
        for (int i = 0; i < points; ++i) t.parts.push_back(term(1 + below(3), binders - 1, variables));
        for (int i = 0; i < (directed ? bound : 0); ++i) t.parts.push_back(term(1 + below(2), 0, variables));
        for (int i = 0; i < (t.kind == Kind::jacobian ? 2 : 1); ++i)
            t.bodies.push_back(term(std::max(2, size - 1), binders - 1, variables + bound));
        t.row = below(2), t.column = below(2);
        return t;
    }
    std::mt19937_64 bits_;
};

// The term computed by the library.
using Scope = std::vector<Tensor>;
Tensor compute(const Term& t, const Scope& scope);

Tensor body_of(const Term& t, int which, Scope scope, std::initializer_list<Tensor> bound) {
    scope.insert(scope.end(), bound);
    return compute(t.bodies[static_cast<std::size_t>(which)], scope);
}

Tensor transformed(const Term& t, const Scope& scope) {
    const auto part = [&](std::size_t i) { return compute(t.parts[i], scope); };
    const auto one = [&](const Tensor& x) { return body_of(t, 0, scope, {x}); };
    const auto two = [&](const Tensor& x) { return body_of(t, 0, scope, {x[0], x[1]}); };
    switch (t.kind) {
        case Kind::grad: return grad(one, part(0));
        case Kind::jvp: return jvp(one, part(0), part(1)).second;
        case Kind::vjp: return vjp(one, part(0)).second(part(1));
        case Kind::vmap: return sum(vmap(one)(stack({part(0), part(1), part(2)})) * tensor({1.0, -2.0, 0.5}));
        case Kind::jacobian: {
            const auto both = [&](const Tensor& x) {
                return stack({body_of(t, 0, scope, {x[0], x[1]}), body_of(t, 1, scope, {x[0], x[1]})});
            };
            return jacobian(both, stack({part(0), part(1)}))[{t.row, t.column}];
        }
        case Kind::hessian: return hessian(two, stack({part(0), part(1)}))[{t.row, t.column}];
        default: return hvp(two, stack({part(0), part(1)}), stack({part(2), part(3)}))[t.row];
    }
}

Tensor compute(const Term& t, const Scope& scope) {
    const auto part = [&](std::size_t i) { return compute(t.parts[i], scope); };
    switch (t.kind) {
        case Kind::variable: return scope[static_cast<std::size_t>(t.variable)];
        case Kind::number: return full({}, t.number, {.dtype = float64});
        case Kind::add: return part(0) + part(1);
        case Kind::mul: return part(0) * part(1);
        case Kind::sin: return sin(part(0));
        case Kind::tanh: return tanh(part(0));
        case Kind::exp: return exp(-1.0 * square(part(0)));
        default: return transformed(t, scope);
    }
}

// The same by the rules of differentiation.
struct Truth {
    Algebra algebra;
    using Symbols = std::vector<Expression>;

    Expression of(const Term& t, const Symbols& scope) {
        const auto part = [&](std::size_t i) { return of(t.parts[i], scope); };
        switch (t.kind) {
            case Kind::variable: return scope[static_cast<std::size_t>(t.variable)];
            case Kind::number: return algebra.number(t.number);
            case Kind::add: return algebra.add(part(0), part(1));
            case Kind::mul: return algebra.mul(part(0), part(1));
            case Kind::sin: return algebra.apply(Algebra::Op::sin, part(0));
            case Kind::tanh: return algebra.apply(Algebra::Op::tanh, part(0));
            case Kind::exp: {
                const Expression x = part(0);
                return algebra.apply(Algebra::Op::exp, algebra.mul(algebra.number(-1), algebra.mul(x, x)));
            }
            default: return transformed(t, scope);
        }
    }
    Expression transformed(const Term& t, const Symbols& scope) {
        Symbols inside = scope, bound;
        for (int i = 0; i < bound_by(t.kind); ++i) {
            bound.push_back(algebra.symbol());
            inside.push_back(bound.back());
        }
        Symbols parts;
        for (const Term& p : t.parts) parts.push_back(of(p, scope));
        const auto at = static_cast<std::size_t>(t.kind == Kind::jacobian ? t.row : 0);
        const Expression body = of(t.bodies[at], inside);
        const auto there = [&](Expression y, std::size_t from = 0) {
            for (std::size_t i = 0; i < bound.size(); ++i) y = algebra.substitute(y, bound[i], parts[from + i]);
            return y;
        };
        const auto slope = [&](Expression y, int i) {
            return algebra.derivative(y, bound[static_cast<std::size_t>(i)]);
        };
        switch (t.kind) {
            case Kind::grad: return there(slope(body, 0));
            case Kind::jvp:
            case Kind::vjp: return algebra.mul(there(slope(body, 0)), parts[1]);
            case Kind::vmap:
                return algebra.add(there(body, 0), algebra.add(algebra.mul(algebra.number(-2), there(body, 1)),
                                                               algebra.mul(algebra.number(0.5), there(body, 2))));
            case Kind::jacobian: return there(slope(body, t.column));
            case Kind::hessian: return there(slope(slope(body, t.row), t.column));
            default: {
                const Expression first = slope(body, t.row);
                return algebra.add(algebra.mul(there(slope(first, 0)), parts[2]),
                                   algebra.mul(there(slope(first, 1)), parts[3]));
            }
        }
    }
};

std::string str(const Term& t) {
    const char* const names[] = {"",     "",    "+",   "*",    "sin",      "tanh",    "bell",
                                 "grad", "jvp", "vjp", "vmap", "jacobian", "hessian", "hvp"};
    if (t.kind == Kind::variable) return fmt::format("x{}", t.variable);
    if (t.kind == Kind::number) return fmt::format("{}", t.number);
    std::vector<std::string> parts, bodies;
    for (const Term& p : t.parts) parts.push_back(str(p));
    for (const Term& b : t.bodies) bodies.push_back(str(b));
    const std::string list = fmt::format("{}", fmt::join(parts, ", "));
    if (!binds(t.kind)) return fmt::format("{}({})", names[static_cast<int>(t.kind)], list);
    return fmt::format("{}[{}{}](x{}. {} | {})", names[static_cast<int>(t.kind)], t.row, t.column, t.variable,
                       fmt::join(bodies, "; "), list);
}

int depth(const Term& t) {
    int most = 0;
    for (const Term& p : t.parts) most = std::max(most, depth(p));
    for (const Term& b : t.bodies) most = std::max(most, depth(b) + 1);
    return most;
}

void close(const char* what, double got, double expected, double scale) {
    CHECK_MESSAGE(std::abs(got - expected) <= 1e-11 * (1 + scale), what << ": " << got << " instead of " << expected);
}

// The value, its gradient by backward over everything, and its tangent.
void check(const Term& term, std::uint64_t seed) {
    Truth truth;
    std::array<double, inputs> at{}, along{};
    std::vector<Expression> symbols;
    std::map<Expression, double> values;
    std::mt19937_64 bits(seed * 31);
    for (std::size_t i = 0; i < inputs; ++i) {
        at[i] = static_cast<double>(bits() % 1999) / 1000 - 1, along[i] = static_cast<double>(bits() % 1999) / 1000 - 1;
        symbols.push_back(truth.algebra.symbol());
        values[symbols[i]] = at[i];
    }
    const Expression y = truth.of(term, symbols);
    const auto evaluate = [&](Expression e, double& scale) { return truth.algebra.value(e, values, scale); };
    double scale = 0, expected = evaluate(y, scale), slope = 0;
    std::array<double, inputs> slopes{};
    double slope_scale = 0;
    for (std::size_t i = 0; i < inputs; ++i) {
        slopes[i] = evaluate(truth.algebra.derivative(y, symbols[i]), slope_scale);
        slope += slopes[i] * along[i];
    }

    Scope leaves;
    for (const double x : at) leaves.push_back(test::leaf(x));
    const Tensor result = compute(term, leaves);
    close("the value", result.item(), expected, scale);
    if (result.requires_grad()) result.backward();
    for (std::size_t i = 0; i < inputs; ++i) {
        close("a gradient", leaves[i].has_grad() ? leaves[i].grad().item() : 0, slopes[i], slope_scale);
    }
    const auto f = [&](const Tensor& x) { return compute(term, {x[0], x[1], x[2]}); };
    const auto vector = [](const std::array<double, inputs>& x) {
        return from_vector(std::vector(x.begin(), x.end()));
    };
    const auto [value, tangent] = jvp(f, vector(at), vector(along));
    close("the value under jvp", value.item(), expected, scale);
    close("the tangent", tangent.item(), slope, slope_scale);
}

} // namespace

TEST_CASE("programs of nested transforms have the values and derivatives of symbolic algebra") {
    int nested[5] = {};
    for (int i = 0; i < programs; ++i) {
        const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
        Grammar grammar(seed);
        Term term = grammar.term(8, 3, inputs);
        while (depth(term) == 0) term = grammar.term(8, 3, inputs);
        ++nested[depth(term)];
        INFO("seed ", seed, ": ", str(term));
        try {
            check(term, seed);
        } catch (const std::exception& e) { FAIL_CHECK(e.what()); }
    }
    MESSAGE("seeds from " << first_seed << ": " << programs << " programs, nested once " << nested[1] << ", twice "
                          << nested[2] << ", three times " << nested[3]);
    CHECK(nested[2] > programs / 5);
    CHECK(nested[3] > programs / 10);
}
