#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include <autograd/grad_mode.hpp>
#include <autograd/site.hpp>

namespace xg {

class Watch;
struct Node;

/// What a thread is doing. One object, so that the fast path reads one address.
struct Context {
    bool recording = true;
    Watch* watch = nullptr;
    std::uint64_t stamps = 0; // the last one given
    Node* dying = nullptr;    // nodes whose last owner is gone, while somebody takes them apart
    bool draining = false;
    bool inference = false; // an Inference scope is open
    Site open_site;         // CallSite::current()
};

// Not inline: of a weak thread-local variable g++ 12 believes, under the undefined behaviour sanitizer, that it has no
// address.
extern constinit thread_local Context context_of_thread [[gnu::tls_model("initial-exec")]];
inline Context& context() { return context_of_thread; }

[[noreturn]] void refuse_inference(const char* op);
/// GraphError, naming `op`, while an Inference scope is open.
inline void require_differentiation(const char* op) {
    if (context().inference) refuse_inference(op);
}

/// Nodes that die in the scope are taken apart there, even while others are.
class OwnDrain {
public:
    OwnDrain() : dying_(std::exchange(context().dying, nullptr)), draining_(std::exchange(context().draining, false)) {}
    ~OwnDrain() {
        context().dying = dying_;
        context().draining = draining_;
    }
    OwnDrain(const OwnDrain&) = delete;
    OwnDrain& operator=(const OwnDrain&) = delete;

private:
    Node* dying_;
    bool draining_;
};

/// Who watches this thread, or null. XGRAD_WITHOUT_WATCH leaves the seam out, for bench/watch_seam to compare with.
inline Watch* watching() {
#ifdef XGRAD_WITHOUT_WATCH
    return nullptr;
#else
    return context().watch;
#endif
}

/// Sets a member of the context until the end of the scope.
template <class T>
class Setting {
public:
    Setting(T& place, T value) : place_(place), before_(place) { place = value; }
    ~Setting() { place_ = before_; }
    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;

private:
    T& place_;
    T before_;
};

} // namespace xg
