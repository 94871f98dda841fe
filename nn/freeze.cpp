#include <nn/freeze.hpp>

#include <string>
#include <vector>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {
namespace {

/// Goes back to the last star when the rest does not fit: no recursion, and no more than |name| |pattern| steps.
bool matches(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, after = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            after = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p, ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++after;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

/// The name, or that of a module it is in.
bool names_it(std::string_view pattern, std::string_view name) {
    for (std::size_t end = name.size(); end != std::string_view::npos; end = name.rfind('.', end - 1)) {
        if (matches(pattern, name.substr(0, end))) return true;
        if (end == 0) break;
    }
    return false;
}

Index set_trained(const char* operation, Module& model, std::string_view pattern, bool trained) {
    std::vector<Tensor> found;
    std::vector<std::string> names;
    for (auto& [name, p] : model.named_parameters()) {
        names.push_back(name);
        if (names_it(pattern, name)) found.push_back(p);
    }
    if (found.empty()) {
        fail<StateError>("{}: no parameter of {} matches '{}'\n  expected one of: {}", operation, model.class_name(),
                         pattern, fmt::join(names, ", "));
    }
    for (Tensor& p : found) p.requires_grad(trained);
    return static_cast<Index>(found.size());
}

} // namespace

Index freeze(Module& model, std::string_view pattern, Site site) {
    const CallSite here(site);
    return set_trained("freeze", model, pattern, /*trained=*/false);
}
Index unfreeze(Module& model, std::string_view pattern, Site site) {
    const CallSite here(site);
    return set_trained("unfreeze", model, pattern, /*trained=*/true);
}

} // namespace xg::nn
