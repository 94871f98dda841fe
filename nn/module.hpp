#pragma once
#include <string>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>
#include <nn/for_each.hpp>
#include <nn/member_visitor.hpp>
#include <nn/module_call.hpp>
#include <nn/module_extras.hpp>
#include <nn/parameter.hpp>
#include <nn/state_dict.hpp>

namespace xg::nn {

struct LoadOptions {
    bool strict = true; ///< refuse a state whose names are not exactly those of the model
};
/// What `load_state_dict` left out when it was not strict.
struct LoadReport {
    std::vector<std::string> missing;    ///< in the model and not in the state
    std::vector<std::string> unexpected; ///< in the state and not in the model
};

/// A model or a part of one: a plain struct whose members are modules, Parameters, Buffers or containers of them, with
/// a function `forward`, and one line that names the members:
///
///     struct Net : nn::Module {
///         nn::Linear hidden{64, 32}, out{32, 10};
///         Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }
///         XGRAD_MODULE(hidden, out)
///     };
///
/// Copying a model copies its numbers, assigning one of the same structure writes them in place, moving keeps the
/// identity of every parameter, `clone()` is a copy that keeps ties. Names are dotted: "hidden.weight",
/// "layers.0.weight". A parameter that is tied to another is listed once, under its first name; a state_dict has both.
/// Any number of threads may call one model, as long as its `forward` changes nothing.
class XGRAD_API Module {
public:
    Module() noexcept = default;
    Module(const Module&) = default;
    Module(Module&&) noexcept = default;
    Module& operator=(const Module&) = default;
    Module& operator=(Module&&) noexcept = default;
    virtual ~Module();

    /// What the module computes from one tensor. A module with other arguments has a `forward` of its own, which the
    /// call operator reaches too; this one then raises StateError.
    virtual Tensor forward(const Tensor& x);

    /// Calls `forward`; what it computes carries the line of this call. The first call also looks for Parameters that
    /// `forward` reads and XGRAD_MODULE does not name: StateError, since they would be neither trained nor saved.
    Tensor operator()(const Tensor& x, Site site = Site::here());

    /// Handles to the parameters, each once, in the order of the lists. Labels them with their names.
    std::vector<Tensor> parameters() const;
    NamedTensors named_parameters() const;
    NamedTensors named_buffers() const;
    /// This module under the name "", and all below it, each before its own children.
    std::vector<std::pair<std::string, Module*>> named_modules();
    /// The modules that are members of this one.
    std::vector<std::pair<std::string, Module*>> children();
    /// How many numbers are trained, those that are frozen included.
    Index parameter_count() const;
    /// "Net".
    std::string class_name() const;

    /// Copies of all parameters and buffers. StateError if two members have one name.
    StateDict state_dict() const;
    /// Writes the numbers in place, converted to the dtype of each member. Checks everything first, so that it changes
    /// all or nothing. StateError: names that do not match (when strict), an undefined tensor. ShapeError. DTypeError:
    /// fractions for an integer buffer.
    LoadReport load_state_dict(const StateDict& state, LoadOptions options = {}, Site site = Site::here());

    /// Switches this module and all below it to training, which is the state they start in.
    void train() { set_training(true); }
    /// Switches them to evaluation: no dropout, no update of running statistics.
    void eval() { set_training(false); }
    bool is_training() const { return training_; }

    /// Forgets the gradients of all parameters.
    void zero_grad();
    /// Converts every floating parameter and buffer. An optimizer made before holds the old ones. DTypeError unless
    /// `dtype` is float32 or float64.
    Module& to(DType dtype, Site site = Site::here());

    /// Runs before every call: `[](nn::Module&, const Tensor& x) {...}`, or with a list of all tensors of the call. If it
    /// returns a tensor that is defined, this takes the place of the first. Hooks run where a module is called, not where
    /// its `forward` is; a copy of the module has none. Each gives an id for `remove_hook`.
    template <class F>
    std::uint64_t add_forward_pre_hook(F f) {
        return add_pre_hook(hook_from<ForwardPreHook>(std::move(f)));
    }
    /// Runs after every call: `[](nn::Module&, const Tensor& x, const Tensor& y) {...}`. A defined tensor that it returns
    /// takes the place of y. Of several results y is the first.
    template <class F>
    std::uint64_t add_forward_hook(F f) {
        return add_after_hook(hook_from<ForwardHook>(std::move(f)));
    }
    /// Runs when backward has the gradient of the first input: `[](nn::Module&, const Tensor& grad_input, const Tensor&
    /// grad_output) {...}`. A defined tensor that it returns takes the place of grad_input, which is undefined if no input
    /// requires a gradient. The module has to stay where it is until then.
    template <class F>
    std::uint64_t add_backward_hook(F f) {
        return add_gradient_hook(hook_from<BackwardHook>(std::move(f)));
    }
    /// Nothing happens if there is no such hook.
    void remove_hook(std::uint64_t id);

    /// Shows every member to the visitor. XGRAD_MODULE writes it.
    virtual void visit_members(MemberVisitor&) {}
    /// For the library.
    const ModuleExtras& extras() const { return extras_; }
    ModuleExtras& extras() { return extras_; }

private:
    friend class ModuleCall;
    void set_training(bool on);
    std::uint64_t add_pre_hook(ForwardPreHook hook);
    std::uint64_t add_after_hook(ForwardHook hook);
    std::uint64_t add_gradient_hook(BackwardHook hook);

    ModuleExtras extras_;
    bool training_ = true;
    bool called_ = false;
};

/// Makes `b` the same parameter as `a`: one tensor, one gradient, listed once. An optimizer made before holds the old
/// `b`. ShapeError and DTypeError if they differ, StateError if one is absent.
XGRAD_API void tie(Parameter& a, Parameter& b, Site site = Site::here());

} // namespace xg::nn

/// Names the members that make the state of a module, up to 85 of them. It stands last in the struct, and the struct
/// outside of functions: C++ has no templates in local classes, and the call operators are templates.
#define XGRAD_MODULE(...)                                             \
public:                                                               \
    using ::xg::nn::Module::forward;                                  \
    void visit_members(::xg::nn::MemberVisitor& xgrad_v) override {   \
        static_cast<void>(xgrad_v);                                   \
        XGRAD_FOR_EACH(XGRAD_VISIT_MEMBER __VA_OPT__(, ) __VA_ARGS__) \
    }                                                                 \
    XGRAD_MODULE_CALLS

/// The same for a struct that derives from a module of one's own: its members come after those of the base.
#define XGRAD_MODULE_EXTENDS(Base, ...)                               \
public:                                                               \
    using Base::forward;                                              \
    void visit_members(::xg::nn::MemberVisitor& xgrad_v) override {   \
        Base::visit_members(xgrad_v);                                 \
        XGRAD_FOR_EACH(XGRAD_VISIT_MEMBER __VA_OPT__(, ) __VA_ARGS__) \
    }                                                                 \
    XGRAD_MODULE_CALLS

#define XGRAD_VISIT_MEMBER(member_) xgrad_v.member(#member_, member_);
