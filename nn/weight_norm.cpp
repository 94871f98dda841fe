#include <nn/weight_norm.hpp>

#include <autograd/autograd.hpp>
#include <autograd/error_format_internal.hpp>
#include <nn/module_extras_internal.hpp>
#include <nn/modules/conv.hpp>

namespace xg::nn {
namespace {

/// The member of that name.
struct MemberByName : MemberVisitor {
    explicit MemberByName(std::string n) : wanted(std::move(n)) {}
    void parameter(const std::string& n, Parameter& p) override {
        if (n == wanted) found = &p;
    }
    void buffer(const std::string&, Buffer&) override {}
    void module(const std::string&, Module&) override {}
    std::string wanted;
    Parameter* found = nullptr;
};

Parameter& member_for(const char* operation, Module& module, const std::string& name) {
    MemberByName member(name);
    module.visit_members(member);
    if (!member.found || !member.found->defined()) {
        fail<StateError>("{}: {} has no parameter '{}'\n  expected the name of one of its own parameters", operation,
                         module.class_name(), name);
    }
    if (const auto* extras = module.extras().get(); extras && extras->of(name)) {
        fail<StateError>("{}: '{}' of {} is computed by {} already\n  expected a parameter", operation, name,
                         module.class_name(), extras->of(name)->kind);
    }
    return *member.found;
}

void check_axis(const char* operation, const Parameter& weight, Index axis) {
    if (axis < 0 || axis >= weight.rank()) {
        fail<IndexError>("{}: there is no axis {} of a parameter of shape {}\n  expected 0 to {}", operation, axis,
                         weight.shape().str(), weight.rank() - 1);
    }
}

/// The axes but one, or all of them.
Axes other_axes(const Tensor& x, std::optional<Index> axis) {
    std::vector<Index> axes;
    for (Index i = 0; i < x.rank(); ++i)
        if (!axis || i != *axis) axes.push_back(i);
    return axes;
}

bool write(Parameter& to, const Parameter& from) {
    if (!(to.shape() == from.shape()) || to.dtype() != from.dtype()) return false;
    to = from;
    return true;
}
bool write(Buffer& to, const Buffer& from) {
    if (!(to.shape() == from.shape()) || to.dtype() != from.dtype()) return false;
    to = from;
    return true;
}

class WeightNorm : public Parametrisation {
public:
    WeightNorm(const std::string& parameter, const Tensor& weight, std::optional<Index> axis) : axis_(axis) {
        name = parameter;
        kind = "weight_norm";
        const NoGrad guard;
        g_ = length(weight).clone();
        v_ = weight.detach().clone();
    }
    Tensor computed(bool) override { return v_ * (g_ / length(v_)); }
    void visit(MemberVisitor& visitor) override {
        visitor.parameter(name + "_g", g_);
        visitor.parameter(name + "_v", v_);
    }
    std::unique_ptr<Parametrisation> copy() const override { return std::make_unique<WeightNorm>(*this); }
    bool assign(const Parametrisation& other) override {
        const auto* o = dynamic_cast<const WeightNorm*>(&other);
        return o && axis_ == o->axis_ && write(g_, o->g_) && write(v_, o->v_);
    }

private:
    /// With PyTorch's shape: 1 in the place of all axes but one, or a number.
    Tensor length(const Tensor& w) const {
        if (!axis_) return norm(w);
        const Axes axes = other_axes(w, axis_);
        if (w.rank() == 1) return abs(w); // the sum over no axis
        return norm(w, axes, {.keepdims = true});
    }

    std::optional<Index> axis_;
    Parameter g_, v_;
};

class SpectralNorm : public Parametrisation {
public:
    SpectralNorm(const std::string& parameter, const Tensor& weight, Index axis, SpectralNormOptions o)
        : axis_(axis), options_(o) {
        name = parameter;
        kind = "spectral_norm";
        const NoGrad guard;
        original_ = weight.detach().clone();
        const Tensor m = matrix(original_);
        u_ = unit(randn({m.shape(0)}, {.dtype = m.dtype()}));
        v_ = unit(randn({m.shape(1)}, {.dtype = m.dtype()}));
        iterate(m, 15); // so that a first call in evaluation is near
    }
    Tensor computed(bool training) override {
        const Tensor m = matrix(original_);
        if (training) {
            const NoGrad guard;
            iterate(m.detach(), options_.n_power_iterations);
        }
        // Copies: the vectors move on, and several calls may come before one backward.
        return original_ / sum(u_.clone() * matmul(m, v_.clone()));
    }
    void visit(MemberVisitor& visitor) override {
        visitor.parameter(name + "_orig", original_);
        visitor.buffer(name + "_u", u_);
        visitor.buffer(name + "_v", v_);
    }
    std::unique_ptr<Parametrisation> copy() const override { return std::make_unique<SpectralNorm>(*this); }
    bool assign(const Parametrisation& other) override {
        const auto* o = dynamic_cast<const SpectralNorm*>(&other);
        return o && axis_ == o->axis_ && write(original_, o->original_) && write(u_, o->u_) && write(v_, o->v_);
    }

private:
    Tensor matrix(const Tensor& w) const { return reshape(moveaxis(w, axis_, 0), {w.shape(axis_), -1}); }
    Tensor unit(const Tensor& x) const { return x / maximum(norm(x), options_.eps); }
    void iterate(const Tensor& m, Index times) {
        for (Index i = 0; i < times; ++i) {
            v_ = unit(matmul(transpose(m), u_));
            u_ = unit(matmul(m, v_));
        }
    }

    Index axis_;
    SpectralNormOptions options_;
    Parameter original_;
    Buffer u_, v_;
};

void remove(const char* kind, Module& module, const std::string& name) {
    const auto* extras = module.extras().get();
    Parametrisation* computed = extras ? extras->of(name) : nullptr;
    if (!computed || computed->kind != kind) {
        fail<StateError>("remove_{}: '{}' of {} is not computed by {}\n  expected a parameter that is", kind, name,
                         module.class_name(), kind);
    }
    const Parameter numbers = no_grad([&] { return computed->computed(/*training=*/false); });
    MemberByName member(name);
    module.visit_members(member);
    *member.found = Parameter(numbers);
    std::erase_if(module.extras().data().parametrisations, [&](const auto& p) { return p.get() == computed; });
}

} // namespace

void detail::apply_weight_norm(Module& module, const std::string& name, WeightNormOptions options, Site site) {
    const CallSite here(site);
    const Parameter& weight = member_for("weight_norm", module, name);
    if (options.axis) check_axis("weight_norm", weight, *options.axis);
    module.extras().data().parametrisations.push_back(std::make_unique<WeightNorm>(name, weight, options.axis));
}

void detail::apply_spectral_norm(Module& module, const std::string& name, SpectralNormOptions options, Site site) {
    const CallSite here(site);
    const Parameter& weight = member_for("spectral_norm", module, name);
    const Index axis = options.axis.value_or(dynamic_cast<ConvTransposeLayer*>(&module) ? 1 : 0);
    check_axis("spectral_norm", weight, axis);
    if (options.n_power_iterations < 1) {
        fail<ValueError>("spectral_norm: n_power_iterations is {}\n  expected 1 or more", options.n_power_iterations);
    }
    if (!(options.eps > 0)) fail<ValueError>("spectral_norm: eps is {}\n  expected a number above 0", options.eps);
    module.extras().data().parametrisations.push_back(std::make_unique<SpectralNorm>(name, weight, axis, options));
}

void remove_weight_norm(Module& module, const std::string& name, Site site) {
    const CallSite here(site);
    remove("weight_norm", module, name);
}
void remove_spectral_norm(Module& module, const std::string& name, Site site) {
    const CallSite here(site);
    remove("spectral_norm", module, name);
}

} // namespace xg::nn
