#include <autograd/error.hpp>

#include <fmt/format.h>

#include <autograd/engine/context.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/site.hpp>

namespace xg {

Error::Error(std::string_view kind, const std::string& message)
    : std::runtime_error(fmt::format("{}: {}", kind, message)), kind_(kind) {}

CallSite::CallSite(Site site) : owns_(!context().open_site) {
    if (owns_) context().open_site = site;
}
CallSite::~CallSite() {
    if (owns_) context().open_site = {};
}
Site CallSite::current() { return context().open_site; }

std::string with_site(std::string message) {
    if (const Site site = CallSite::current()) message += fmt::format("\n  at {}:{}", site.file, site.line);
    return message;
}

} // namespace xg
