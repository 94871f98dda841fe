#include <autograd/tensor.hpp>

#include <atomic>

#include <autograd/engine/backward.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg {

Tensor::Tensor(const Tensor& other) noexcept : impl_(other.impl_ ? keep(other.impl_) : nullptr) {}
Tensor& Tensor::operator=(const Tensor& other) & noexcept {
    if (impl_ != other.impl_) *this = Tensor(other);
    return *this;
}
Tensor& Tensor::operator=(Tensor&& other) & noexcept {
    if (this != &other) drop(std::exchange(impl_, std::exchange(other.impl_, nullptr)));
    return *this;
}
void Tensor::release() noexcept { drop(std::exchange(impl_, nullptr)); }

// Reading -------------------------------------------------------------------------------------------------------------

namespace {

Impl* impl_of(const Tensor& t, const char* what, Site site = {}) {
    if (!t.defined()) {
        const CallSite here(site);
        require_defined(what, t);
    }
    return t.impl();
}

// The numbers at the bottom of a wrapper: the primal's. Under vmap there are those of every example, and none is it.
const Impl* bottom(const Impl* impl) {
    while (impl->level > 0) {
        const Parts& parts = parts_of(const_cast<Impl*>(impl));
        if (parts.batched) {
            fail<StateError>(
                "the numbers of a tensor inside vmap are asked for, and it stands for every example at once\n"
                "  expected operations on it; where() takes the place of a branch");
        }
        impl = parts.primal;
    }
    return impl;
}

Strided strided_numbers(const Impl* wrapper) {
    const Impl* impl = bottom(wrapper);
    return {impl->data, impl->dtype, impl->shape, impl->strides};
}

template <class T>
T only_item(const Tensor& t, Site site) {
    const CallSite here(site);
    const Impl* impl = impl_of(t, "item");
    if (impl->numel != 1) {
        fail<ShapeError>("item: the tensor has shape {}, which is {} numbers\n  expected exactly one",
                         impl->shape.str(), impl->numel);
    }
    impl = bottom(impl);
    return kernels::dispatch(impl->dtype,
                             [&]<class E>() { return static_cast<T>(*reinterpret_cast<const E*>(impl->data)); });
}

} // namespace

const Shape& Tensor::shape(Site site) const { return impl_of(*this, "shape", site)->shape; }
Index Tensor::shape(Index axis, Site site) const {
    const CallSite here(site);
    return shape()[normalize_axis("shape", axis, rank())];
}
const Strides& Tensor::strides(Site site) const { return bottom(impl_of(*this, "strides", site))->strides; }
Index Tensor::numel(Site site) const { return impl_of(*this, "numel", site)->numel; }
DType Tensor::dtype(Site site) const { return impl_of(*this, "dtype", site)->dtype; }
bool Tensor::is_contiguous() const { return bottom(impl_of(*this, "is_contiguous"))->contiguous; }
double Tensor::item_as_double(Site site) const { return only_item<double>(*this, site); }
std::int64_t Tensor::item_as_int64(Site site) const { return only_item<std::int64_t>(*this, site); }

template <Element T>
void Tensor::copy_to(T* out, Site site) const {
    const CallSite here(site);
    const Strided from = strided_numbers(impl_of(*this, "to_vector"));
    const Strided to{reinterpret_cast<char*>(out), dtype_of<T>, from.shape, contiguous_strides(from.shape)};
    kernels::copy(from, to);
}
template XGRAD_API void Tensor::copy_to(bool*, Site) const;
template XGRAD_API void Tensor::copy_to(std::int64_t*, Site) const;
template XGRAD_API void Tensor::copy_to(float*, Site) const;
template XGRAD_API void Tensor::copy_to(double*, Site) const;

void* Tensor::data() const {
    const Impl* impl = impl_of(*this, "data");
    if (impl->level > 0) {
        fail<StateError>(
            "data: the tensor lives inside a transform and has no numbers of its own\n"
            "  expected operations on it, or the data of what the transform returns");
    }
    return impl->data;
}

// Out of every plane: a dual gives up its tangent too, so that forward and reverse agree on what is constant.
Tensor Tensor::detach() const {
    Impl* impl = impl_of(*this, "detach");
    if (impl->level == 0) return alias(*this);
    const Parts& parts = parts_of(impl);
    const Tensor inner = share(parts.primal).detach();
    return parts.batched ? make_batched(impl->level, parts.serial, inner) : inner;
}

std::uint32_t Tensor::version() const { return version_of(impl_of(*this, "version")); }

namespace {

Extra& extra_of(Impl* impl) {
    if (!impl->extra) impl->extra = new Extra;
    return *impl->extra;
}

} // namespace

// Leaves and gradients ------------------------------------------------------------------------------------------------

bool Tensor::requires_grad() const { return impl_of(*this, "requires_grad")->node != nullptr; }
bool Tensor::is_leaf() const {
    const Impl* impl = impl_of(*this, "is_leaf");
    return !impl->node || !impl->node->op;
}

Tensor& Tensor::requires_grad(bool on, Site site) {
    Impl* impl = impl_of(*this, "requires_grad", site);
    const CallSite here(site);
    if (on) require_differentiation("requires_grad");
    if (on && !is_floating(impl->dtype)) {
        fail<DTypeError>(
            "requires_grad: the tensor has dtype {}, and only floating point numbers have gradients\n"
            "  expected float32 or float64; x.to(float32) converts",
            name_of(impl->dtype));
    }
    if (!on && !is_leaf()) {
        fail<GraphError>(
            "requires_grad(false): the tensor is the result of {}\n"
            "  expected a leaf; detach() gives the same numbers outside the graph",
            impl->node->op->doc.name);
    }
    if (on && !impl->node) make_leaf(impl, /*of_transform=*/false);
    if (!on) drop(std::exchange(impl->node, nullptr));
    return *this;
}

Tensor& Tensor::retain_grad(Site site) {
    Impl* impl = impl_of(*this, "retain_grad", site);
    const CallSite here(site);
    if (!impl->node) {
        fail<GraphError>(
            "retain_grad: the tensor does not require a gradient, so none will arrive\n"
            "  expected the result of operations on a tensor with requires_grad(true), computed outside no_grad");
    }
    if (&block_of(impl->node).impl != impl) {
        fail<GraphError>(
            "retain_grad: the tensor was changed in place, or is another handle's alias\n"
            "  expected the result of an operation; y = x.clone() is one");
    }
    if (impl->node->op) extra_of(impl).retain = true;
    return *this;
}

bool Tensor::has_grad() const { return impl_of(*this, "has_grad")->grad != nullptr; }
void Tensor::zero_grad() { drop(std::exchange(impl_of(*this, "zero_grad")->grad, nullptr)); }

void Tensor::set_grad(const Tensor& g, Site site) {
    Impl* impl = impl_of(*this, "set_grad", site);
    const CallSite here(site);
    if (g.defined() && !(g.shape() == impl->shape)) {
        fail<ShapeError>("set_grad: the gradient has shape {} and the tensor has shape {}\n  expected the same shape",
                         g.shape().str(), impl->shape.str());
    }
    Tensor converted = g.defined() ? g.to(impl->dtype) : Tensor();
    drop(std::exchange(impl->grad, converted.disown()));
}

Tensor Tensor::grad(Site site) const {
    Impl* impl = impl_of(*this, "grad", site);
    if (impl->grad) return share(impl->grad);
    const CallSite here(site);
    const std::string name = label().empty() ? "" : " '" + label() + "'";
    if (!impl->node) {
        fail<StateError>(
            "grad: the tensor{} does not require a gradient\n  expected requires_grad(true) before it is "
            "used, and a backward after",
            name);
    }
    if (impl->node->op) {
        const Extra* extra = block_of(impl->node).impl.extra;
        if (!extra || !extra->retain) {
            fail<StateError>(
                "grad: the tensor{} is the result of {}, and gradients are kept for leaves alone\n"
                "  expected a leaf, or retain_grad() before backward; grad(y, {{x}}) gives the gradient of any tensor, "
                "a hook shows it",
                name, impl->node->op->doc.name);
        }
    }
    fail<StateError>(
        "grad: no gradient has arrived at the tensor{} of shape {}\n"
        "  expected a backward() from something computed from it; has_grad() asks",
        name, impl->shape.str());
}

void Tensor::backward(BackwardOptions options, Site site) const { backward_into_leaves(*this, {}, options, site); }
void Tensor::backward(const Tensor& cotangent, BackwardOptions options, Site site) const {
    {
        const CallSite here(site);
        require_defined("backward", cotangent);
    }
    backward_into_leaves(*this, cotangent, options, site);
}

// Names and hooks -----------------------------------------------------------------------------------------------------

std::uint64_t Tensor::add_hook(Hook hook, Site site) {
    static std::atomic<std::uint64_t> last{0};
    Impl* impl = impl_of(*this, "add_hook", site);
    const CallSite here(site);
    if (!impl->node) {
        fail<StateError>(
            "add_hook: the tensor does not require a gradient, so the hook would never run\n"
            "  expected requires_grad(true), or a result computed from such a tensor");
    }
    const std::uint64_t id = ++last;
    extra_of(&block_of(impl->node).impl).hooks.emplace_back(id, std::move(hook));
    return id;
}

void Tensor::remove_hook(std::uint64_t id) {
    Impl* impl = impl_of(*this, "remove_hook");
    if (!impl->node) return;
    Impl& owner = block_of(impl->node).impl;
    if (owner.extra) std::erase_if(owner.extra->hooks, [&](const auto& h) { return h.first == id; });
}

Tensor& Tensor::label(std::string name) {
    extra_of(impl_of(*this, "label")).label = std::move(name);
    return *this;
}
std::string Tensor::label() const {
    const Impl* impl = impl_of(*this, "label");
    return impl->extra ? impl->extra->label : std::string();
}

} // namespace xg
