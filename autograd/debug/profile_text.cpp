// A profile as a table and as a trace.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include <nlohmann/json.hpp>

#include <autograd/debug/profile_data_internal.hpp>
#include <autograd/debug/unit_text_internal.hpp>
#include <autograd/version.hpp>
#include <autograd/write_file_internal.hpp>

namespace xg {

const char* name_of(ProfilePhase phase) {
    switch (phase) {
        case ProfilePhase::forward: return "forward";
        case ProfilePhase::backward: return "backward";
        default: return "update";
    }
}

namespace {

std::string line(const ProfileRow& row, const char* phase, double whole, std::size_t width) {
    const double share = whole > 0 ? 100 * row.seconds / whole : 0;
    return fmt::format("{:<{}}  {:<8}  {:>8}  {:>9}  {:>5.1f}  {:>9}  {:>11}  {:>9}\n", row.operation, width, phase,
                       row.calls, time_text(row.seconds), share,
                       time_text(row.calls > 0 ? row.seconds / static_cast<double>(row.calls) : 0), row.allocations,
                       bytes_text(row.bytes));
}

} // namespace

std::string Profile::table() const {
    std::size_t width = std::string_view("operation").size();
    for (const ProfileRow& row : rows()) width = std::max(width, row.operation.size());
    std::string text = fmt::format("{:<{}}  {:<8}  {:>8}  {:>9}  {:>5}  {:>9}  {:>11}  {:>9}\n", "operation", width,
                                   "phase", "calls", "time", "%", "a call", "allocations", "bytes");
    const ProfileRow sum = total();
    for (const ProfileRow& row : rows()) text += line(row, name_of(row.phase), sum.seconds, width);
    text += line(sum, "", sum.seconds, width);
    text += fmt::format("{} from begin to end", time_text(seconds()));
    if (data_->threads > 1) text += fmt::format(", {} threads", data_->threads);
    if (data_->left_out > 0) text += fmt::format("; {} events are not in the trace", data_->left_out);
    return text + "\n";
}

std::ostream& operator<<(std::ostream& out, const Profile& profile) { return out << profile.table(); }

namespace {

// Names of operations and files are the user's, and may hold any byte.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string site_text(Site site) { return site ? fmt::format("{}:{}", site.file, site.line) : ""; }

} // namespace

std::string Profile::trace() const {
    const int process = static_cast<int>(getpid());
    std::string text = fmt::format(
        "{{\"displayTimeUnit\": \"ns\", \"otherData\": {{\"xgrad\": {}, \"events left out\": {}}}, \"traceEvents\": [\n"
        R"({{"ph": "M", "name": "process_name", "pid": {}, "tid": 1, "args": {{"name": "xgrad"}}}})",
        quoted(std::string(version())), data_->left_out, process);
    for (int t = 1; t <= data_->threads; ++t) {
        text += fmt::format(
            ",\n"
            R"({{"ph": "M", "name": "thread_name", "pid": {}, "tid": {}, "args": {{"name": "thread {}"}}}})",
            process, t, t);
    }
    std::vector<const ProfileEvent*> events;
    for (const ProfileEvent& e : data_->events) events.push_back(&e);
    // They were noted as they ended; of two that begin together the longer one is around the other.
    std::stable_sort(events.begin(), events.end(), [](const ProfileEvent* a, const ProfileEvent* b) {
        return a->begin_ns != b->begin_ns ? a->begin_ns < b->begin_ns : a->end_ns > b->end_ns;
    });
    for (const ProfileEvent* e : events) {
        text += fmt::format(
            ",\n"
            R"({{"ph": "X", "name": {}, "cat": "{}", "ts": {:.3f}, "dur": {:.3f}, "pid": {}, "tid": {}, )"
            R"("args": {{"shapes": {}, "allocations": {}, "bytes": {}, "line": {}}}}})",
            quoted(e->name), name_of(e->phase), static_cast<double>(e->begin_ns - data_->begin_ns) * 1e-3,
            static_cast<double>(e->end_ns - e->begin_ns) * 1e-3, process, e->thread, quoted(e->shapes), e->allocations,
            e->bytes, quoted(site_text(e->site)));
    }
    return text + "\n]}\n";
}

void Profile::write_trace(const std::string& path, Site site) const {
    const CallSite here(site);
    write_file("write_trace", path, trace());
}

} // namespace xg
