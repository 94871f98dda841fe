#include "programs/symbolic.hpp"

#include <algorithm>
#include <cmath>

namespace xg::test {

using Expression = Algebra::Expression;

Expression Algebra::make(Op op, Expression a, Expression b, double number) {
    const auto [at, fresh] = made_.try_emplace({op, a, b, number}, nodes_.size());
    if (fresh) nodes_.push_back({op, a, b, number});
    return at->second;
}

Expression Algebra::number(double value) { return make(Op::number, 0, 0, value); }
Expression Algebra::symbol() { return make(Op::symbol, symbols_++, 0, 0); }

Expression Algebra::add(Expression a, Expression b) {
    if (is(a, 0)) return b;
    if (is(b, 0)) return a;
    return make(Op::add, a, b, 0);
}
Expression Algebra::mul(Expression a, Expression b) {
    if (is(a, 0) || is(b, 0)) return number(0);
    if (is(a, 1)) return b;
    if (is(b, 1)) return a;
    return make(Op::mul, a, b, 0);
}
Expression Algebra::apply(Op op, Expression x) { return make(op, x, 0, 0); }

Expression Algebra::derivative(Expression y, Expression symbol) {
    Memo known;
    return derivative(y, symbol, known);
}
Expression Algebra::derivative(Expression y, Expression symbol, Memo& known) {
    if (const auto at = known.find(y); at != known.end()) return at->second;
    const Node node = nodes_[y];
    const auto inner = [&] { return derivative(node.a, symbol, known); };
    Expression result = 0;
    switch (node.op) {
        case Op::number: result = number(0); break;
        case Op::symbol: result = number(y == symbol ? 1 : 0); break;
        case Op::add: result = add(inner(), derivative(node.b, symbol, known)); break;
        case Op::mul: result = add(mul(inner(), node.b), mul(node.a, derivative(node.b, symbol, known))); break;
        case Op::sin: result = mul(apply(Op::cos, node.a), inner()); break;
        case Op::cos: result = mul(mul(number(-1), apply(Op::sin, node.a)), inner()); break;
        case Op::tanh: result = mul(add(number(1), mul(number(-1), mul(y, y))), inner()); break;
        case Op::exp: result = mul(y, inner()); break;
    }
    return known[y] = result;
}

Expression Algebra::substitute(Expression y, Expression symbol, Expression by) {
    Memo known;
    return substitute(y, symbol, by, known);
}
Expression Algebra::substitute(Expression y, Expression symbol, Expression by, Memo& known) {
    if (y == symbol) return by;
    if (const auto at = known.find(y); at != known.end()) return at->second;
    const Node node = nodes_[y];
    Expression result = y;
    if (node.op == Op::add || node.op == Op::mul) {
        const Expression a = substitute(node.a, symbol, by, known), b = substitute(node.b, symbol, by, known);
        result = node.op == Op::add ? add(a, b) : mul(a, b);
    } else if (node.op != Op::number && node.op != Op::symbol) {
        result = apply(node.op, substitute(node.a, symbol, by, known));
    }
    return known[y] = result;
}

double Algebra::value(Expression y, const std::map<Expression, double>& symbols, double& largest) const {
    // Operands are made before what is made of them.
    std::vector<double> values(y + 1);
    std::vector<bool> wanted(y + 1);
    wanted[y] = true;
    for (Expression e = y + 1; e-- > 0;) {
        if (!wanted[e] || nodes_[e].op == Op::number || nodes_[e].op == Op::symbol) continue;
        wanted[nodes_[e].a] = true;
        if (nodes_[e].op == Op::add || nodes_[e].op == Op::mul) wanted[nodes_[e].b] = true;
    }
    for (Expression e = 0; e <= y; ++e) {
        if (!wanted[e]) continue;
        const Node& node = nodes_[e];
        const auto a = [&] { return values[node.a]; };
        switch (node.op) {
            case Op::number: values[e] = node.number; break;
            case Op::symbol: values[e] = symbols.at(e); break;
            case Op::add: values[e] = a() + values[node.b]; break;
            case Op::mul: values[e] = a() * values[node.b]; break;
            case Op::sin: values[e] = std::sin(a()); break;
            case Op::cos: values[e] = std::cos(a()); break;
            case Op::tanh: values[e] = std::tanh(a()); break;
            case Op::exp: values[e] = std::exp(a()); break;
        }
        largest = std::max(largest, std::abs(values[e]));
    }
    return values[y];
}

} // namespace xg::test
