#pragma once
#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

// Backpropagation as textbooks write it: micrograd, line by line. A node on the heap for each operation with the set of
// its inputs, the operation's name and a closure that holds on to what it needs; a topological sort with a set of visited
// nodes.
namespace bench {

class Textbook {
public:
    struct Node {
        double data, grad = 0;
        std::set<std::shared_ptr<Node>> inputs = {};
        std::string op = {};
        std::function<void()> backward = {};
    };
    using Pointer = std::shared_ptr<Node>;

    Textbook(double x = 0) : node_(std::make_shared<Node>(Node{x})) {}
    /// `rule` makes the closure from the node of the result, which must not own itself.
    template <class Rule>
    Textbook(double x, std::set<Pointer> inputs, const char* op, Rule rule)
        : node_(std::make_shared<Node>(Node{x, 0, std::move(inputs), op})) {
        node_->backward = rule(node_.get());
    }

    double value() const { return node_->data; }
    double grad() const { return node_->grad; }
    const Pointer& node() const { return node_; }

    void backward() const {
        std::vector<Node*> order;
        std::unordered_set<Node*> visited;
        // By a stack of its own: a recursion would overflow on the longer programs.
        std::vector<std::pair<Node*, std::set<Pointer>::iterator>> stack{{node_.get(), node_->inputs.begin()}};
        visited.insert(node_.get());
        while (!stack.empty()) {
            auto& [n, next] = stack.back();
            if (next != n->inputs.end()) {
                Node* in = (next++)->get();
                if (visited.insert(in).second) stack.emplace_back(in, in->inputs.begin());
            } else {
                order.push_back(n);
                stack.pop_back();
            }
        }
        node_->grad = 1;
        for (auto n = order.rbegin(); n != order.rend(); ++n) {
            if ((*n)->backward) (*n)->backward();
        }
    }

private:
    Pointer node_;
};

inline Textbook operator+(const Textbook& x, const Textbook& y) {
    return {x.value() + y.value(), {x.node(), y.node()}, "+", [a = x.node(), b = y.node()](Textbook::Node* out) {
                return [a, b, out] {
                    a->grad += out->grad;
                    b->grad += out->grad;
                };
            }};
}
inline Textbook operator*(const Textbook& x, const Textbook& y) {
    return {x.value() * y.value(), {x.node(), y.node()}, "*", [a = x.node(), b = y.node()](Textbook::Node* out) {
                return [a, b, out] {
                    a->grad += out->grad * b->data;
                    b->grad += out->grad * a->data;
                };
            }};
}
inline Textbook operator-(const Textbook& x, const Textbook& y) {
    return {x.value() - y.value(), {x.node(), y.node()}, "-", [a = x.node(), b = y.node()](Textbook::Node* out) {
                return [a, b, out] {
                    a->grad += out->grad;
                    b->grad -= out->grad;
                };
            }};
}
inline Textbook operator/(const Textbook& x, const Textbook& y) {
    return {x.value() / y.value(), {x.node(), y.node()}, "/", [a = x.node(), b = y.node()](Textbook::Node* out) {
                return [a, b, out] {
                    a->grad += out->grad / b->data;
                    b->grad -= out->grad * out->data / b->data;
                };
            }};
}
inline Textbook operator-(const Textbook& x) {
    return {-x.value(), {x.node()}, "neg", [a = x.node()](Textbook::Node* out) {
                return [a, out] { a->grad -= out->grad; };
            }};
}
inline Textbook sin(const Textbook& x) {
    return {std::sin(x.value()), {x.node()}, "sin", [a = x.node()](Textbook::Node* out) {
                return [a, out] { a->grad += out->grad * std::cos(a->data); };
            }};
}
inline Textbook relu_of(const Textbook& x) {
    return {x.value() > 0 ? x.value() : 0, {x.node()}, "ReLU", [a = x.node()](Textbook::Node* out) {
                return [a, out] { a->grad += out->data > 0 ? out->grad : 0; };
            }};
}
inline double value_of(const Textbook& x) { return x.value(); }

} // namespace bench
