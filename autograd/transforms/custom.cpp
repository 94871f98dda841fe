#include <autograd/transforms/custom.hpp>

#include <autograd/creation.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/transforms/custom_internal.hpp>
#include <autograd/transforms/pullback.hpp>

namespace xg {

namespace detail {

// The row of the operation and its rules; rules on numbers are operations themselves. Nodes keep it alive.
struct OperationBody {
    std::string name;
    OperationRules rules;
    OpEntry entry;
    std::shared_ptr<const OperationBody> gradients, tangent;
};

} // namespace detail

namespace {

using detail::OperationBody;
using Body = std::shared_ptr<const OperationBody>;
using Tensors = std::vector<Tensor>;

const Body& body_of(const void* attrs) { return *static_cast<const Body*>(attrs); }
Tensor run_body(const Body& body, Inputs in) { return run(body->entry, in, &body, CallSite::current()); }

} // namespace

// The result on numbers, outside of every graph.
Tensor detail::call_operation(In in, const void* attrs) {
    const OperationBody& body = *body_of(attrs);
    Tensor y;
    {
        const NoGrad plain;
        const Setting unseen(context().watch, static_cast<Watch*>(nullptr));
        y = body.rules.forward(in);
    }
    if (!y.defined()) {
        fail<StateError>("{}: its forward gave an undefined tensor\n  expected the result", body.name);
    }
    return y.impl()->rc.sole() && !y.impl()->node ? y : alias(y); // an input that was handed on keeps its own node
}

namespace {

// Backward ------------------------------------------------------------------------------------------------------------------

bool all_numbers(const Saved& s, const Tensor& g) {
    return g.impl()->level == 0 &&
           std::all_of(s.in.begin(), s.in.end(), [](const Tensor& x) { return x.impl()->level == 0; });
}

void check_gradients(const OperationBody& body, const Saved& s, Tensors& grads) {
    if (grads.size() != s.in.size()) {
        fail<GraphError>("{}: its vjp gave {} gradients for {} inputs\n  expected one each, undefined for none",
                         body.name, grads.size(), s.in.size());
    }
    for (std::size_t i = 0; i < grads.size(); ++i) {
        if (!grads[i].defined()) continue;
        const Shape& expected = s.shape(static_cast<int>(i));
        if (!(grads[i].shape() == expected)) {
            fail<ShapeError>(
                "{}: its vjp gave a gradient of shape {} for input {} of shape {}\n  expected the same shape",
                body.name, grads[i].shape().str(), i, expected.str());
        }
        if (is_floating(s.in[i].dtype())) grads[i] = grads[i].to(s.in[i].dtype());
    }
}

// All gradients of rules on numbers in one row, because an operation has one result.
Tensors parts_of_row(const Tensor& row, const Saved& s) {
    Tensors parts;
    Index begin = 0;
    for (std::size_t i = 0; i < s.in.size(); ++i) {
        const Shape& shape = s.shape(static_cast<int>(i));
        parts.push_back(reshape(slice(row, 0, begin, begin + shape.numel()), shape));
        begin += shape.numel();
    }
    return parts;
}

Tensors on_numbers(const OperationBody& body, const Saved& s, const Tensor& g) {
    Tensors in(s.in.begin(), s.in.end());
    in.push_back(s.out);
    in.push_back(g);
    return parts_of_row(run_body(body.gradients, in), s);
}

// A rule that is recorded gives recorded results, being linear in g; others would have a silent derivative of 0.
void check_recorded(const OperationBody& body, const Tensors& grads) {
    for (std::size_t i = 0; i < grads.size(); ++i) {
        if (!grads[i].defined() || grads[i].requires_grad() || !is_floating(grads[i].dtype())) continue;
        fail<GraphError>(
            "{}: the gradient that its vjp gave for input {} was not computed from g by operations, so it has no "
            "derivative\n  expected operations of this library, or {{.rules_on_numbers = true}} and first derivatives "
            "alone",
            body.name, i);
    }
}

Grads pull(const Saved& s, const Tensor& g, const void* attrs) {
    const OperationBody& body = *body_of(attrs);
    if (!body.rules.vjp) {
        fail<GraphError>("{}: it has no vjp, and backward has come to it\n  expected one, or detach() on its inputs",
                         body.name);
    }
    Tensors grads;
    if (body.gradients) {
        grads = on_numbers(body, s, g);
    } else if (context().recording && all_numbers(s, g)) {
        Tensor leaf = g;
        if (!g.requires_grad() && is_floating(g.dtype())) {
            leaf = alias(g);
            make_leaf(leaf.impl(), /*of_transform=*/true);
        }
        grads = body.rules.vjp(s.in, s.out, leaf);
        check_recorded(body, grads);
    } else {
        grads = body.rules.vjp(s.in, s.out, g);
    }
    check_gradients(body, s, grads);
    return Grads(In(grads));
}

// Forward mode ----------------------------------------------------------------------------------------------------------------

// J t is the gradient of <J^T u, t> by u, for any u.
Tensor by_vjp(const OperationBody& body, const Saved& s, In tangents) {
    std::vector<Tensor> along;
    const detail::ListFunction pullback = [&](const Tensors& u) {
        Tensors grads = body.rules.vjp(s.in, s.out, u[0]), asked;
        check_gradients(body, s, grads);
        for (std::size_t i = 0; i < grads.size(); ++i) {
            if (!tangents[i].defined() || !grads[i].defined()) continue;
            asked.push_back(grads[i]);
            along.push_back(tangents[i]);
        }
        check_recorded(body, asked);
        return asked;
    };
    const Setting recording(context().recording, true);
    const detail::Pullback transposed(body.entry.doc.name, pullback, {zeros_like(s.out)}, CallSite::current());
    return transposed(along)[0];
}

Tensor push(const Saved& s, In tangents, const void* attrs) {
    const OperationBody& body = *body_of(attrs);
    Tensor t;
    if (body.tangent) {
        Tensors in(s.in.begin(), s.in.end());
        in.push_back(s.out);
        for (std::size_t i = 0; i < tangents.size(); ++i) {
            in.push_back(tangents[i].defined() ? tangents[i] : zeros_like(s.in[i]));
        }
        t = run_body(body.tangent, in);
    } else if (body.rules.jvp) {
        t = body.rules.jvp(s.in, s.out, tangents);
    } else if (body.rules.vjp && !body.gradients) {
        t = by_vjp(body, s, tangents);
    } else {
        fail<GraphError>(
            "{}: it has no jvp, and forward mode has come to it\n  expected one, or a vjp written in operations "
            "of this library, from which it is derived",
            body.name);
    }
    if (t.defined() && !(t.shape() == s.out.shape())) {
        fail<ShapeError>("{}: its jvp gave a tangent of shape {} for a result of shape {}\n  expected the same shape",
                         body.name, t.shape().str(), s.out.shape().str());
    }
    return t;
}

// vmap ------------------------------------------------------------------------------------------------------------------------

Tensor batch(In in, unsigned batched, const void* attrs) {
    const OperationBody& body = *body_of(attrs);
    std::vector<bool> which;
    Index examples = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
        which.push_back((batched >> i & 1) != 0);
        if (which.back()) examples = in[i].shape()[0];
    }
    const Tensor y = body.rules.batch(in, which);
    if (!y.defined() || y.rank() == 0 || y.shape()[0] != examples) {
        fail<ShapeError>("{}: its batch rule gave shape {} for {} examples\n  expected them along axis 0", body.name,
                         y.defined() ? y.shape().str() : "nothing", examples);
    }
    return y;
}

// Rows ------------------------------------------------------------------------------------------------------------------------

std::shared_ptr<OperationBody> new_body(std::string name, OperationRules rules) {
    auto body = std::make_shared<OperationBody>();
    body->name = std::move(name);
    body->rules = std::move(rules);
    OpEntry& e = body->entry;
    e.doc.name = body->name.c_str();
    e.arity = -1;
    e.saves = {.inputs = ~0u, .output = true};
    e.loops = !body->rules.batch;
    e.batch = batch;
    e.vjp = pull;
    e.jvp = push;
    e.attrs_size = sizeof(Body);
    e.attrs_copy = [](const void* a) -> void* { return new Body(body_of(a)); };
    e.attrs_destroy = [](void* a) { delete static_cast<Body*>(a); };
    return body;
}

// The rules of an operation, on numbers: they have no derivative, and say so when one is asked for.
Body gradients_on_numbers(const OperationBody& of) {
    const auto vjp = [rule = of.rules.vjp, name = of.name](Inputs in) {
        const std::size_t n = in.size() - 2;
        const Tensors grads = rule(in.first(n), in[n], in[n + 1]);
        if (grads.size() != n) {
            fail<GraphError>("{}: its vjp gave {} gradients for {} inputs\n  expected one each, undefined for none",
                             name, grads.size(), n);
        }
        Tensors rows;
        for (std::size_t i = 0; i < n; ++i) {
            const Tensor g = grads[i].defined() ? grads[i] : zeros_like(in[i]);
            if (!(g.shape() == in[i].shape())) {
                fail<ShapeError>(
                    "{}: its vjp gave a gradient of shape {} for input {} of shape {}\n  expected the same shape", name,
                    g.shape().str(), i, in[i].shape().str());
            }
            rows.push_back(reshape(g, g.numel()).to(in[n + 1].dtype()));
        }
        return concat(rows);
    };
    return new_body(of.name + ", its vjp", {.forward = vjp});
}

Body tangent_on_numbers(const OperationBody& of) {
    const auto jvp = [rule = of.rules.jvp](Inputs in) {
        const std::size_t n = (in.size() - 1) / 2;
        return rule(in.first(n), in[n], in.subspan(n + 1));
    };
    return new_body(of.name + ", its jvp", {.forward = jvp});
}

} // namespace

Operation::Operation(std::string name, OperationRules rules, Site site) {
    const CallSite here(site);
    if (!rules.forward)
        fail<ValueError>("{}: an operation without forward\n  expected .forward, which computes it", name);
    auto body = new_body(std::move(name), std::move(rules));
    if (body->rules.rules_on_numbers) {
        if (body->rules.vjp) body->gradients = gradients_on_numbers(*body);
        if (body->rules.jvp) body->tangent = tangent_on_numbers(*body);
    }
    body_ = std::move(body);
}

Tensor Operation::operator()(const Tensors& inputs, Site site) const {
    const CallSite here(site);
    for (const Tensor& x : inputs) require_defined(body_->entry.doc.name, x);
    if (inputs.size() > 31) {
        fail<ValueError>("{}: {} inputs\n  expected at most 31; concat or stack joins some", body_->name,
                         inputs.size());
    }
    return run_body(body_, inputs);
}

namespace {

Tensors operands(const Body& body, std::initializer_list<const Operand*> given) {
    DType d = DType::boolean;
    for (const Operand* x : given) {
        if (x->is_number()) continue;
        require_defined(body->entry.doc.name, x->tensor());
        d = promote(d, x->tensor().dtype());
    }
    Tensors in;
    for (const Operand* x : given) in.push_back(as_tensor(*x, d));
    return in;
}

} // namespace

Tensor Operation::operator()(const Operand& x) const {
    const CallSite here(x.site());
    return (*this)(operands(body_, {&x}), x.site());
}
Tensor Operation::operator()(const Operand& a, const Operand& b) const {
    const CallSite here(a.site());
    return (*this)(operands(body_, {&a, &b}), a.site());
}
Tensor Operation::operator()(const Operand& a, const Operand& b, const Operand& c) const {
    const CallSite here(a.site());
    return (*this)(operands(body_, {&a, &b, &c}), a.site());
}

namespace detail {

std::vector<Tensor> elementwise_operands(const char* name, Inputs in) {
    DType d = DType::float32;
    Shape shape;
    for (const Tensor& x : in) {
        d = promote(d, x.dtype());
        shape = broadcast(name, shape, x.shape());
    }
    std::vector<Tensor> out;
    for (const Tensor& x : in) {
        const Tensor wide = expand_to(x.to(d), shape);
        out.push_back(wide.is_contiguous() ? wide : wide.clone());
    }
    return out;
}

Tensor uninitialized_like(const Tensor& x) { return make_result(x.dtype(), x.shape()); }
Tensor unbroadcast(const Tensor& g, const Shape& shape) { return sum_to(g, shape); }

std::vector<Tensor> aligned_examples(Inputs in, const std::vector<bool>& batched) {
    int rank = 0;
    for (std::size_t i = 0; i < in.size(); ++i) rank = std::max(rank, in[i].rank() - (batched[i] ? 1 : 0));
    std::vector<Tensor> out;
    for (std::size_t i = 0; i < in.size(); ++i) {
        Shape shape = in[i].shape();
        while (batched[i] && shape.rank() <= rank) shape.insert(1, 1);
        out.push_back(reshape(in[i], shape));
    }
    return out;
}

} // namespace detail
} // namespace xg
