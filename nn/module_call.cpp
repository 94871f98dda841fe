#include <nn/module_call.hpp>

#include <atomic>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <autograd/debug/module_path_internal.hpp>
#include <autograd/debug/watch.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/parameter.hpp>
#include <nn/inventory_internal.hpp>
#include <nn/module.hpp>
#include <nn/module_extras_internal.hpp>

namespace xg::nn {

/// Watches a call for parameters that operations read and the module does not name.
class ModuleCall::FirstCall : public Watch {
public:
    FirstCall(const Module& module, std::initializer_list<const Tensor*> arguments) {
        for (const auto& item : module.named_parameters()) known_.insert(item.second.impl());
        for (const Tensor* argument : arguments) {
            if (argument) known_.insert(argument->impl());
        }
        before_ = current_watch();
        scope_.emplace(*this);
    }

    void forward(const ForwardEvent& event) override {
        for (const Tensor& input : event.inputs) {
            if (is_parameter(input) && known_.insert(input.impl()).second) unnamed_.emplace_back(input, event.op);
        }
        if (before_) before_->forward(event);
    }
    void backward(const BackwardEvent& event) override {
        if (before_) before_->backward(event);
    }

    void refuse_unnamed(const Module& module) {
        scope_.reset();
        if (unnamed_.empty()) return;
        std::string list;
        for (const auto& [parameter, op] : unnamed_) {
            list += fmt::format("  one of shape {}, read by {}\n", parameter.shape().str(), op);
        }
        fail<StateError>(
            "{}: forward reads {} parameter{} that XGRAD_MODULE does not name, so that nobody would train "
            "or save {}\n{}  expected the member, or the module it is in, in XGRAD_MODULE(...)",
            module.class_name(), unnamed_.size(), unnamed_.size() == 1 ? "" : "s", unnamed_.size() == 1 ? "it" : "them",
            list);
    }

private:
    std::unordered_set<const Impl*> known_;
    std::vector<std::pair<Tensor, std::string_view>> unnamed_;
    Watch* before_ = nullptr;
    std::optional<WatchScope> scope_;
};

namespace {
thread_local int running_calls = 0;

// The calls that run while somebody traces, and what the outermost module calls the others.
struct TracedCalls {
    struct Call {
        const ModuleCall* call;
        std::unique_ptr<detail::ModulePath> path;
    };
    std::vector<Call> running;
    std::unordered_map<const Module*, std::string> names;

    void begin(const ModuleCall* call, Module& module) {
        if (running.empty()) {
            names.clear();
            for (const auto& [name, part] : module.named_modules()) names.emplace(part, name);
        }
        const auto at = names.find(&module);
        if (at == names.end()) return; // not named by the whole: its operations are those of the module around it
        running.push_back({call, std::make_unique<detail::ModulePath>(at->second)});
    }
    void end(const ModuleCall* call) {
        if (!running.empty() && running.back().call == call) running.pop_back();
    }
};
thread_local TracedCalls traced;
} // namespace

ModuleCall::Depth::Depth() { ++running_calls; }
ModuleCall::Depth::~Depth() { --running_calls; }

namespace {

/// Writes what is computed of other parameters into the members that `forward` reads.
class ComputedMembers : public MemberVisitor {
public:
    explicit ComputedMembers(Module& m) : data_(*m.extras().get()), training_(m.is_training()) {}
    void parameter(const std::string& name, Parameter& p) override {
        if (Parametrisation* computed = data_.of(name)) static_cast<Tensor&>(p) = computed->computed(training_);
    }
    void buffer(const std::string&, Buffer&) override {}
    void module(const std::string&, Module&) override {}

private:
    const ModuleExtras::Data& data_;
    bool training_;
};

} // namespace

ModuleCall::ModuleCall(Module& module, Site site, std::initializer_list<const Tensor*> arguments)
    : site_(site), module_(module) {
    if (module.extras_ && !module.extras_.get()->parametrisations.empty()) {
        ComputedMembers members(module);
        module.visit_members(members);
    }
    if (detail::traces_modules()) [[unlikely]]
        traced.begin(this, module);
    // A part is checked with the whole that calls it. The flag is all that calls from several threads share.
    if (running_calls > 1 || std::atomic_ref(module.called_).load(std::memory_order_relaxed)) return;
    first_ = std::make_unique<FirstCall>(module, arguments);
}
ModuleCall::~ModuleCall() { traced.end(this); }

void ModuleCall::finish() {
    if (!first_) return;
    first_->refuse_unnamed(module_);
    std::atomic_ref(module_.called_).store(true, std::memory_order_relaxed);
}

// Hooks ---------------------------------------------------------------------------------------------------------------

struct ModuleCall::Hooked {
    std::vector<Tensor> inputs;
    Tensor grad_output = {};
};

bool ModuleCall::is_hooked() const { return module_.extras_ && module_.extras_.get()->hooked(); }

namespace {

Tensor run_backward_hooks(Module& module, const ModuleExtras::Data& data, const Tensor& grad_input,
                          const Tensor& grad_output) {
    Tensor g = grad_input;
    const auto hooks = data.backward; // one may remove itself
    for (const auto& item : hooks) {
        if (const Tensor other = item.second(module, g, grad_output); other.defined()) g = other;
    }
    return g;
}

/// x as a node of its own, which passes the gradient on.
Tensor passed_on(const Tensor& x) { return unsqueeze(x, 0)[0]; }

} // namespace

void ModuleCall::before(const std::vector<Tensor*>& arguments) {
    hooked_ = std::make_shared<Hooked>();
    for (const Tensor* x : arguments) hooked_->inputs.push_back(*x);
    const auto data = module_.extras_.shared();
    const auto hooks = data->before_forward;
    for (const auto& item : hooks) {
        const Tensor other = item.second(module_, hooked_->inputs);
        if (other.defined() && !arguments.empty()) hooked_->inputs[0] = *arguments[0] = other;
    }
    if (data->backward.empty() || arguments.empty() || !arguments[0]->defined() || !arguments[0]->requires_grad())
        return;
    Tensor x = passed_on(*arguments[0]);
    if (!x.requires_grad()) return; // under no_grad
    x.add_hook([data, hooked = hooked_, module = &module_](const Tensor& g) {
        return run_backward_hooks(*module, *data, g, hooked->grad_output);
    });
    *arguments[0] = x;
}

Tensor ModuleCall::after(const Tensor& result) {
    const auto data = module_.extras_.shared();
    Tensor y = result;
    const auto hooks = data->after_forward;
    for (const auto& item : hooks) {
        if (const Tensor other = item.second(module_, hooked_->inputs, y); other.defined()) y = other;
    }
    if (data->backward.empty() || !y.requires_grad()) return y;
    y = passed_on(y);
    if (!y.requires_grad()) return y;
    const bool from_input =
        !hooked_->inputs.empty() && hooked_->inputs[0].defined() && hooked_->inputs[0].requires_grad();
    y.add_hook([data, hooked = hooked_, module = &module_, from_input](const Tensor& g) {
        hooked->grad_output = g;
        if (!from_input) run_backward_hooks(*module, *data, {}, g);
        return Tensor();
    });
    return y;
}

} // namespace xg::nn
