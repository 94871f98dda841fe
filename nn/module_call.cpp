#include <nn/module_call.hpp>

#include <atomic>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <autograd/debug/module_path.hpp>
#include <autograd/debug/watch.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/parameter.hpp>
#include <nn/module.hpp>

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

ModuleCall::ModuleCall(Module& module, Site site, std::initializer_list<const Tensor*> arguments)
    : site_(site), module_(module) {
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

} // namespace xg::nn
