#include <autograd/debug/unit_text_internal.hpp>

#include <fmt/format.h>

namespace xg {

std::string time_text(double seconds) {
    if (seconds >= 1) return fmt::format("{:.3g} s", seconds);
    if (seconds >= 1e-3) return fmt::format("{:.3g} ms", seconds * 1e3);
    return fmt::format("{:.3g} us", seconds * 1e6);
}

std::string bytes_text(std::int64_t bytes) {
    constexpr double most = 999.5; // that three digits show without an exponent
    if (bytes < 1000) return fmt::format("{} B", bytes);
    double amount = static_cast<double>(bytes) / 1024;
    const char* unit = "KiB";
    for (const char* larger : {"MiB", "GiB"}) {
        if (amount < most) break;
        amount /= 1024;
        unit = larger;
    }
    return fmt::format("{:.3g} {}", amount, unit);
}

} // namespace xg
