#include <unordered_map>

#include <autograd/debug/module_path_internal.hpp>
#include <autograd/debug/trace_tensors_internal.hpp>
#include <autograd/debug/watch.hpp>
#include <autograd/engine/backward.hpp>

namespace xg {

using namespace detail;

namespace {
thread_local const std::unordered_map<std::uint64_t, KeptCall>* open_calls = nullptr;
thread_local const std::string* open_path = nullptr;
} // namespace

struct TraceTensors::Keeper : Watch {
    Keeper() : before(open_calls) { open_calls = &calls; }
    ~Keeper() override { open_calls = before; }
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
    void forward(const ForwardEvent& e) override {
        if (e.node == 0 || in_backward()) return;
        KeptCall& call = calls[e.node];
        for (const Tensor& x : e.inputs) call.inputs.push_back(x.detach());
        for (std::size_t i = 0; i < e.inputs.size(); ++i) {
            if (const std::string label = e.inputs[i].label(); !label.empty()) call.inputs[i].label(label);
        }
        call.module = ModulePath::current();
    }
    std::unordered_map<std::uint64_t, KeptCall> calls;
    const std::unordered_map<std::uint64_t, KeptCall>* before;
    WatchScope scope{*this};
};

TraceTensors::TraceTensors() : keeper_(std::make_unique<Keeper>()) {}
TraceTensors::~TraceTensors() = default;

const KeptCall* detail::kept_call(std::uint64_t stamp) {
    if (!open_calls) return nullptr;
    const auto at = open_calls->find(stamp);
    return at == open_calls->end() ? nullptr : &at->second;
}

bool detail::traces_modules() { return open_calls != nullptr; }

ModulePath::ModulePath(std::string path) : path_(std::move(path)), before_(open_path) { open_path = &path_; }
ModulePath::~ModulePath() { open_path = before_; }
const std::string& ModulePath::current() {
    static const std::string outside;
    return open_path ? *open_path : outside;
}

} // namespace xg
