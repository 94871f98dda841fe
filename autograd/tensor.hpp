#pragma once
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <autograd/dtype.hpp>
#include <autograd/export.hpp>
#include <autograd/shape.hpp>
#include <autograd/site.hpp>

namespace xg {

struct Impl;
class Operand;
class Value;

/// "Not given": `slice(x, 0, none, 3)`.
inline constexpr std::nullopt_t none = std::nullopt;

struct BackwardOptions {
    bool retain_graph = false; ///< keep the saved values, so that backward can run again
    bool create_graph = false; ///< record the backward pass too, so that gradients have gradients; implies the above
};

/// A type that `autograd/xtensor.hpp` declares to be an xtensor expression.
template <class T>
struct IsArrayExpression : std::false_type {};
template <class T>
concept ArrayExpression = IsArrayExpression<std::remove_cvref_t<T>>::value;

/// A range of `x[{...}]`, as in Python: `Slice{1, none, 2}` is 1::2.
struct Slice {
    std::optional<Index> begin = {}, end = {};
    Index step = 1;
};
/// In `x[{...}]`: all the axes that nothing else stands for, and a new axis of size 1.
inline constexpr struct Ellipsis {
} ellipsis;
inline constexpr struct NewAxis {
} newaxis;
struct AxisIndex;
class Entries;

/// An n-dimensional array in a graph of operations: a cheap handle. Copying a Tensor shares its numbers, `clone()`
/// copies them. Views (slices, transposes) share the numbers of their base.
///
/// Any number of threads may read; one graph is built by one thread at a time.
class XGRAD_API Tensor {
public:
    using Hook = std::function<Tensor(const Tensor&)>;

    /// An undefined tensor: legal only where an argument is optional.
    Tensor() noexcept = default;
    Tensor(const Tensor& other) noexcept;
    Tensor(Tensor&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}
    // Not of a temporary, where nobody would see it: `x[{0}] = y` does not compile, `x.at({0}) = y` writes into x.
    Tensor& operator=(const Tensor& other) & noexcept;
    Tensor& operator=(Tensor&& other) & noexcept;
    ~Tensor() {
        if (impl_) release();
    }
    /// The numbers of an xtensor expression, in its value type (needs autograd/xtensor.hpp).
    template <ArrayExpression E>
    Tensor(E&& expression);

    bool defined() const noexcept { return impl_ != nullptr; }
    const Shape& shape(Site site = Site::here()) const;
    /// The size along one axis, counted from the end when negative.
    Index shape(Index axis, Site site = Site::here()) const;
    const Strides& strides(Site site = Site::here()) const;
    int rank(Site site = Site::here()) const { return shape(site).rank(); }
    Index numel(Site site = Site::here()) const;
    DType dtype(Site site = Site::here()) const;
    bool is_contiguous() const;

    /// The number in a tensor of one element. ShapeError otherwise.
    template <class T = double>
    T item(Site site = Site::here()) const;
    /// One number as a Value in the same graph (needs autograd/value.hpp); negative indices count from the end. A leaf
    /// where no gradient flows back: a constant, integers, under no_grad. IndexError unless there is such an entry,
    /// StateError inside jvp and vmap, where a tensor has other numbers than its own.
    Value value_at(std::initializer_list<Index> indices, Site site = Site::here()) const;
    Value value_at(std::span<const Index> indices, Site site = Site::here()) const;
    /// All numbers in row-major order, converted to T.
    template <class T = double>
    std::vector<T> to_vector(Site site = Site::here()) const;
    /// An xtensor view of the storage, no copy; it keeps the storage alive. DTypeError if T is not the dtype
    /// (needs autograd/xtensor.hpp).
    template <class T>
    auto array(Site site = Site::here()) const;

    /// A differentiable conversion; the tensor itself if it has that dtype already.
    Tensor to(DType dtype, Site site = Site::here()) const;
    /// A differentiable copy with its own numbers.
    Tensor clone(Site site = Site::here()) const;
    /// The same numbers (shared) outside the graph: no gradient flows back from it, and under jvp it has no tangent.
    Tensor detach() const;

    bool requires_grad() const;
    /// Makes a leaf record, or stop recording, what is computed from it. DTypeError unless floating point; GraphError
    /// for the result of an operation (use detach()).
    Tensor& requires_grad(bool on, Site site = Site::here());
    /// Whether this tensor was not computed from others that require a gradient.
    bool is_leaf() const;
    /// Makes backward() keep the gradient of a result too, as it does for leaves. GraphError if the tensor does not
    /// require a gradient or was changed in place.
    Tensor& retain_grad(Site site = Site::here());
    /// What backward has accumulated in this leaf, or result with retain_grad(). StateError if nothing has arrived yet.
    Tensor grad(Site site = Site::here()) const;
    bool has_grad() const;
    void zero_grad();
    /// Replaces what has accumulated (gradient clipping, custom training loops). An undefined tensor clears it.
    void set_grad(const Tensor& g, Site site = Site::here());

    /// Adds d(this)/d(leaf) to the gradient of every leaf it was computed from. The tensor must have one element.
    /// GraphError: no graph, more than one element, saved values already released, or changed in place since.
    void backward(BackwardOptions options = {}, Site site = Site::here()) const;
    /// The same for a tensor of any shape, weighted by `cotangent`, which has its shape.
    void backward(const Tensor& cotangent, BackwardOptions options = {}, Site site = Site::here()) const;

    /// Runs on the finished gradient of this tensor during backward; what it returns, if defined, replaces it.
    std::uint64_t add_hook(Hook hook, Site site = Site::here());
    void remove_hook(std::uint64_t id);

    /// A name for messages and drawings.
    Tensor& label(std::string name);
    std::string label() const;

    // In place: the numbers change, the version rises, and a backward that needs the old numbers refuses to run.
    Tensor& assign(const Operand& y);
    Tensor& fill(Number value, Site site = Site::here());
    Tensor& operator+=(const Operand& y);
    Tensor& operator-=(const Operand& y);
    Tensor& operator*=(const Operand& y);
    Tensor& operator/=(const Operand& y);
    /// How often the numbers have been changed in place.
    std::uint32_t version() const;

    /// Entries by NumPy's rules, one item an axis from the first: `x[2]`, `x[{0, Slice{1, 3}}]`, `x[{ellipsis, -1}]`,
    /// `x[{rows, newaxis}]`, `x[mask]`. Numbers and ranges give a view; int64 tensors, which broadcast together, and
    /// boolean ones, which stand for as many axes as they have, a copy. IndexError: more items than axes, a position out
    /// of range, a mask of other sizes. A mask under vmap is a StateError, as examples differ in their count.
    Tensor operator[](const AxisIndex& at) const;
    Tensor operator[](std::initializer_list<AxisIndex> items) const;
    /// The same entries, to be written: `x.at({mask}) = 0`, `x.at({rows, 2}) += y`. In place, differentiable.
    Entries at(const AxisIndex& at);
    Entries at(std::initializer_list<AxisIndex> items);

    // For the library and for kernels written outside it.
    explicit Tensor(Impl* adopted) noexcept : impl_(adopted) {}
    Impl* impl() const noexcept { return impl_; }
    Impl* disown() noexcept { return std::exchange(impl_, nullptr); }
    /// The first element; neighbours are `strides()` elements apart. StateError inside a transform.
    void* data() const;

private:
    void release() noexcept;
    template <Element T>
    void copy_to(T* out, Site site) const;
    double item_as_double(Site site) const;
    std::int64_t item_as_int64(Site site) const;

    Impl* impl_ = nullptr;
};

extern template XGRAD_API void Tensor::copy_to(bool*, Site) const;
extern template XGRAD_API void Tensor::copy_to(std::int64_t*, Site) const;
extern template XGRAD_API void Tensor::copy_to(float*, Site) const;
extern template XGRAD_API void Tensor::copy_to(double*, Site) const;

template <class T>
T Tensor::item(Site site) const {
    if constexpr (std::is_integral_v<T>) return static_cast<T>(item_as_int64(site));
    else return static_cast<T>(item_as_double(site));
}

template <class T>
std::vector<T> Tensor::to_vector(Site site) const {
    const auto n = static_cast<std::size_t>(numel(site));
    if constexpr (Element<T> && !std::is_same_v<T, bool>) {
        std::vector<T> out(n);
        copy_to(out.data(), site);
        return out;
    } else {
        using Wide = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;
        std::vector<Wide> wide(n);
        copy_to(wide.data(), site);
        std::vector<T> out(n);
        for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<T>(wide[i]);
        return out;
    }
}

/// An argument of an operation: a Tensor, a number or an xtensor expression, and the line it was passed at.
/// It lives as long as the call and is forwarded, never rebuilt.
class Operand {
public:
    Operand(const Tensor& t, Site site = Site::here()) : tensor_(&t), site_(site) {}
    template <class T>
    requires std::is_arithmetic_v<T> Operand(T number, Site site = Site::here()) : number_(number), site_(site) {}
    template <ArrayExpression E>
    Operand(E&& expression, Site site = Site::here())
        : owned_(std::forward<E>(expression)), tensor_(&owned_), site_(site) {}
    Operand(const Operand&) = delete;
    Operand& operator=(const Operand&) = delete;

    bool is_number() const { return tensor_ == nullptr; }
    const Tensor& tensor() const { return *tensor_; } ///< only if it is no number
    Number number() const { return number_; }         ///< only if it is one
    Site site() const { return site_; }

private:
    Tensor owned_;
    const Tensor* tensor_ = nullptr;
    Number number_;
    Site site_;
};

/// One item of `x[{...}]`.
struct AxisIndex {
    enum class Kind : std::uint8_t { index, range, rest, added, tensor };

    template <Integer I>
    AxisIndex(I at, Site here = Site::here()) : kind(Kind::index), index(static_cast<Index>(at)), site(here) {}
    AxisIndex(Slice s, Site here = Site::here()) : kind(Kind::range), range(s), site(here) {}
    AxisIndex(Ellipsis, Site here = Site::here()) : kind(Kind::rest), site(here) {}
    AxisIndex(NewAxis, Site here = Site::here()) : kind(Kind::added), site(here) {}
    AxisIndex(const Tensor& t, Site here = Site::here()) : kind(Kind::tensor), tensor(t), site(here) {}

    Kind kind;
    std::int64_t index = 0;
    Slice range;
    Tensor tensor;
    Site site; // operators take no defaulted arguments, so that the line comes with the operand
};

/// Entries of a tensor that can be written, made by `x.at({...})`. What is written broadcasts to them. The version of x
/// rises, and gradients flow to what was written and to the rest of x, as with every change in place. Where a position
/// occurs twice the last one in row-major order is what stays; `index_put(..., {.accumulate = true})` adds them up.
class XGRAD_API Entries {
public:
    Entries(const Tensor& target, std::vector<AxisIndex> items) : target_(target), items_(std::move(items)) {}
    Entries(const Entries&) = default;
    Entries& operator=(const Operand& y);
    Entries& operator=(const Entries& y);
    Entries& operator+=(const Operand& y);
    Entries& operator-=(const Operand& y);
    Entries& operator*=(const Operand& y);
    Entries& operator/=(const Operand& y);
    /// Their present values: x[{...}].
    Tensor value() const;
    operator Tensor() const { return value(); }

private:
    Entries& write(const Tensor& y);
    Tensor target_;
    std::vector<AxisIndex> items_;
};

/// As NumPy prints it.
XGRAD_API std::string to_string(const Tensor& t);
XGRAD_API std::ostream& operator<<(std::ostream& out, const Tensor& t);

} // namespace xg
