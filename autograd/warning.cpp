#include <autograd/warning.hpp>

#include <mutex>
#include <set>
#include <string>

namespace xg {
namespace {

struct Warnings {
    std::mutex mutex;
    WarningHandler handler;
    std::set<std::string, std::less<>> told;
};
Warnings& warnings() {
    static Warnings all;
    return all;
}

} // namespace

void set_warning_handler(WarningHandler handler) {
    Warnings& all = warnings();
    const std::lock_guard lock(all.mutex);
    all.handler = std::move(handler);
    all.told.clear();
}

void warn_once(std::string_view text) {
    Warnings& all = warnings();
    const std::lock_guard lock(all.mutex);
    if (all.handler && all.told.emplace(text).second) all.handler(text);
}

} // namespace xg
