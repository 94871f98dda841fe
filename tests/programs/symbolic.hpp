#pragma once
#include <cstddef>
#include <map>
#include <tuple>
#include <vector>

// Expressions of numbers and their derivatives by the rules of a first course: no graph, no tensor, nothing of ours.
namespace xg::test {

class Algebra {
public:
    using Expression = std::size_t;
    enum class Op { number, symbol, add, mul, sin, cos, tanh, exp };

    Expression number(double value);
    Expression symbol();
    Expression add(Expression a, Expression b);
    Expression mul(Expression a, Expression b);
    Expression apply(Op op, Expression x);

    Expression derivative(Expression y, Expression symbol);
    /// y with `by` in the place of the symbol.
    Expression substitute(Expression y, Expression symbol, Expression by);
    /// The value where the symbols have theirs; `largest` becomes the largest |value| on the way.
    double value(Expression y, const std::map<Expression, double>& symbols, double& largest) const;
    std::size_t size() const { return nodes_.size(); }

private:
    struct Node {
        Op op;
        Expression a, b;
        double number;
    };
    using Memo = std::map<Expression, Expression>;
    Expression make(Op op, Expression a, Expression b, double number);
    Expression derivative(Expression y, Expression symbol, Memo& known);
    Expression substitute(Expression y, Expression symbol, Expression by, Memo& known);
    bool is(Expression e, double value) const { return nodes_[e].op == Op::number && nodes_[e].number == value; }

    std::vector<Node> nodes_;
    std::map<std::tuple<Op, Expression, Expression, double>, Expression> made_; // equal expressions are one
    std::size_t symbols_ = 0;
};

} // namespace xg::test
