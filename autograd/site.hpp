#pragma once
#include <cstdint>

#include <autograd/export.hpp>

namespace xg {

/// A line of source. `Site::here()` is the line of the call that mentions it, also as a default argument.
struct Site {
    const char* file = nullptr;
    std::uint32_t line = 0;

    static constexpr Site here(const char* file = __builtin_FILE(), std::uint32_t line = __builtin_LINE()) {
        return {file, line};
    }
    explicit operator bool() const { return file != nullptr; }
};

/// Makes `site` the line that operations and errors below it name, until the end of the scope. The outermost one
/// wins, so that the line is the one in the user's program and not one inside a composed operation or a module.
class XGRAD_API CallSite {
public:
    explicit CallSite(Site site);
    ~CallSite();
    CallSite(const CallSite&) = delete;
    CallSite& operator=(const CallSite&) = delete;

    /// The line in force on this thread; empty when no call site is open.
    static Site current();

private:
    bool owns_;
};

} // namespace xg
