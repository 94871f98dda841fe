#pragma once
#include <cmath>
#include <functional>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

// Backpropagation as textbooks write it: nodes on the heap, shared pointers, a closure each, a topological sort.
namespace bench {

class Textbook {
public:
    struct Node {
        double data, grad = 0;
        std::vector<std::shared_ptr<Node>> inputs;
        std::function<void(Node&)> backward;
    };
    Textbook(double x = 0) : node_(std::make_shared<Node>(Node{x, 0, {}, {}})) {}
    Textbook(double x, std::vector<std::shared_ptr<Node>> inputs, std::function<void(Node&)> backward)
        : node_(std::make_shared<Node>(Node{x, 0, std::move(inputs), std::move(backward)})) {}

    double value() const { return node_->data; }
    double grad() const { return node_->grad; }
    const std::shared_ptr<Node>& node() const { return node_; }

    void backward() const {
        std::vector<Node*> order;
        std::unordered_set<Node*> seen;
        std::vector<std::pair<Node*, std::size_t>> stack{{node_.get(), 0}};
        seen.insert(node_.get());
        while (!stack.empty()) {
            auto& [n, next] = stack.back();
            if (next < n->inputs.size()) {
                Node* in = n->inputs[next++].get();
                if (seen.insert(in).second) stack.emplace_back(in, 0);
            } else {
                order.push_back(n);
                stack.pop_back();
            }
        }
        node_->grad = 1;
        for (auto n = order.rbegin(); n != order.rend(); ++n) {
            if ((*n)->backward) (*n)->backward(**n);
        }
    }

private:
    std::shared_ptr<Node> node_;
};

inline Textbook operator+(const Textbook& a, const Textbook& b) {
    return {a.value() + b.value(), {a.node(), b.node()}, [](Textbook::Node& n) {
                n.inputs[0]->grad += n.grad;
                n.inputs[1]->grad += n.grad;
            }};
}
inline Textbook operator*(const Textbook& a, const Textbook& b) {
    return {a.value() * b.value(), {a.node(), b.node()}, [](Textbook::Node& n) {
                n.inputs[0]->grad += n.grad * n.inputs[1]->data;
                n.inputs[1]->grad += n.grad * n.inputs[0]->data;
            }};
}
inline Textbook operator-(const Textbook& a, const Textbook& b) {
    return {a.value() - b.value(), {a.node(), b.node()}, [](Textbook::Node& n) {
                n.inputs[0]->grad += n.grad;
                n.inputs[1]->grad -= n.grad;
            }};
}
inline Textbook operator/(const Textbook& a, const Textbook& b) {
    return {a.value() / b.value(), {a.node(), b.node()}, [](Textbook::Node& n) {
                n.inputs[0]->grad += n.grad / n.inputs[1]->data;
                n.inputs[1]->grad -= n.grad * n.data / n.inputs[1]->data;
            }};
}
inline Textbook operator-(const Textbook& a) {
    return {-a.value(), {a.node()}, [](Textbook::Node& n) { n.inputs[0]->grad -= n.grad; }};
}
inline Textbook sin(const Textbook& a) {
    return {std::sin(a.value()), {a.node()}, [](Textbook::Node& n) {
                n.inputs[0]->grad += n.grad * std::cos(n.inputs[0]->data);
            }};
}
inline Textbook relu_of(const Textbook& a) {
    return {a.value() > 0 ? a.value() : 0, {a.node()}, [](Textbook::Node& n) {
                n.inputs[0]->grad += n.inputs[0]->data > 0 ? n.grad : 0;
            }};
}
inline double value_of(const Textbook& x) { return x.value(); }

} // namespace bench
