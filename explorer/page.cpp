// One page that holds its trace, its script and its style: it needs no server, no network and no other file.
#include <autograd/error_format_internal.hpp>
#include <autograd/write_file_internal.hpp>
#include <explorer/explain.hpp>
#include <explorer/page_internal.hpp>
#include <explorer/training.hpp>

namespace xg {

using namespace detail;

namespace {
constexpr std::size_t most_nodes_of_page = 10'000;
}

std::string detail::page_of(const Trace& trace) { return page_of(trace, trace.json()); }

std::string detail::page_of(const Trace& trace, std::string_view text) {
    if (trace.nodes.size() <= most_nodes_of_page) return page_with(text);
    return page_with(nearest(trace, most_nodes_of_page).json());
}

std::string detail::page_with(std::string_view json) {
    constexpr std::string_view place = "/*trace*/";
    const std::string_view asset = page_asset();
    const std::size_t at = asset.find(place);
    std::string page;
    page.reserve(asset.size() + json.size() + json.size() / 16);
    page += asset.substr(0, at);
    // In JSON it stands in texts alone, where this means the same; in a page "</script>" would end the trace.
    for (const char c : json) {
        if (c == '<') page += "\\u003c";
        else page += c;
    }
    page += asset.substr(at + place.size());
    return page;
}

void TrainingRecord::html(const std::string& path, Site site) const {
    const CallSite here(site);
    write_file("html", path, page_with(json()));
}

void Explanation::html(const std::string& path, Site site) const {
    const CallSite here(site);
    write_file("html", path, page_of(trace_));
}

} // namespace xg
