// One page that holds its trace, its script and its style: it needs no server, no network and no other file.
#include <algorithm>

#include <autograd/error_format_internal.hpp>
#include <autograd/write_file_internal.hpp>
#include <explorer/explain.hpp>
#include <explorer/page_internal.hpp>
#include <explorer/training.hpp>

namespace xg {

using namespace detail;

namespace {
constexpr std::size_t most_nodes_of_page = 10'000, most_numbers_of_page = 2'000'000;

std::size_t numbers_of(const Trace& trace) {
    std::size_t numbers = 0;
    for (const TraceTensor& t : trace.tensors) numbers += t.values.size();
    return numbers;
}
bool fits(const Trace& trace) {
    return trace.nodes.size() <= most_nodes_of_page && numbers_of(trace) <= most_numbers_of_page;
}
} // namespace

std::string detail::page_of(const Trace& trace) {
    if (fits(trace)) return page_with(trace.json());
    std::size_t most = std::min(most_nodes_of_page, trace.nodes.size() - 1);
    Trace part = nearest(trace, most);
    while (!fits(part) && most > 1) part = nearest(trace, most /= 2);
    if (trace.nodes.size() <= most_nodes_of_page)
        part.omitted_reason = fmt::format(
            "The tensors of the graph have {} numbers, too many for a page: the {} nodes that were computed last are "
            "here, and gradients are those that arrive through them.",
            numbers_of(trace), part.nodes.size());
    return page_with(part.json());
}

std::string detail::page_of(const Trace& trace, std::string_view text) {
    return fits(trace) ? page_with(text) : page_of(trace);
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
