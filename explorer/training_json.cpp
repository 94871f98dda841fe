// Recordings of trainings as JSON: docs/explorer/trace-format.md.
#include <algorithm>
#include <bit>
#include <map>

#include <fmt/format.h>

#include <explorer/json_internal.hpp>
#include <explorer/training.hpp>
#include <explorer/training_graphs_internal.hpp>

namespace xg {

using namespace detail;
using json = nlohmann::json;

namespace {

using Track = TrainingRecord::Track;
using Run = TrainingRecord::Run;

// Each number as the exclusive or with the one before: what did not change is an empty text.
class Series {
public:
    explicit Series(bool single) : single_(single) {}
    void add(double x) {
        const std::uint64_t bits =
            single_ ? std::bit_cast<std::uint32_t>(static_cast<float>(x)) : std::bit_cast<std::uint64_t>(x);
        separate();
        if (bits != before_) fmt::format_to(std::back_inserter(text_), "{:x}", bits ^ before_);
        before_ = bits;
    }
    void add_nothing() {
        separate();
        text_ += '-';
    }
    std::string text() && { return std::move(text_); }

private:
    void separate() {
        if (!first_) text_ += ',';
        first_ = false;
    }
    const bool single_;
    bool first_ = true;
    std::uint64_t before_ = 0;
    std::string text_;
};

std::string series(const std::vector<double>& numbers) {
    Series s(/*single=*/false);
    for (const double x : numbers) s.add(x);
    return std::move(s).text();
}
std::string series(const Track& track, std::size_t number) {
    Series s(track.dtype == "float32");
    for (std::size_t k = 0; k < track.moments; ++k) {
        if (const std::optional<double> x = track.at(k, number)) s.add(*x);
        else s.add_nothing();
    }
    return std::move(s).text();
}
json all_series(const Track& track) {
    json list = json::array();
    for (std::size_t i = 0; i < track.width; ++i) list.push_back(series(track, i));
    return list;
}

json to_json(const Track& track) {
    json out = {{"name", track.name}, {"dtype", track.dtype}, {"shape", track.shape}, {"values", all_series(track)}};
    if (track.every > 1) out["every"] = track.every;
    return out;
}
json place(const std::optional<std::size_t>& at) { return at ? json(*at) : json(nullptr); }

bool same_graph(const Trace& a, const Trace& b) {
    if (a.nodes.size() != b.nodes.size() || a.edges.size() != b.edges.size()) return false;
    for (std::size_t i = 0; i < a.nodes.size(); ++i) {
        if (a.nodes[i].op != b.nodes[i].op || a.nodes[i].label != b.nodes[i].label) return false;
    }
    for (std::size_t i = 0; i < a.edges.size(); ++i) {
        if (a.edges[i].from != b.edges[i].from || a.edges[i].to != b.edges[i].to) return false;
    }
    return true;
}

// What is another number in every step.
json graph_of_step(std::size_t step, const Trace& trace) {
    json whole = trace_json(trace), out = {{"step", step}};
    json &nodes = out["nodes"] = json::array(), &edges = out["edges"] = json::array();
    for (json& n : whole["nodes"])
        nodes.push_back({{"value", std::move(n["value"])}, {"gradient", std::move(n["gradient"])}});
    for (json& e : whole["edges"])
        edges.push_back({{"local", std::move(e["local"])}, {"contribution", std::move(e["contribution"])}});
    out["backward"] = std::move(whole["backward"]);
    out["tensors"] = std::move(whole["tensors"]);
    return out;
}
void add_graphs(const Run& run, std::size_t most_numbers, json& out) {
    const std::vector<std::size_t> steps = run.graph_steps();
    std::size_t numbers = 0;
    for (const TraceTensor& t : run.trace().tensors) numbers += t.values.size();
    const std::size_t fit = std::max<std::size_t>(2, most_numbers / std::max<std::size_t>(numbers, 1));
    const std::size_t every = std::max<std::size_t>(1, (steps.size() + fit - 1) / fit);
    std::string reason = run.graphs_omitted();
    json& graphs = out["graphs"] = json::array();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (i % every != 0 && i + 1 != steps.size()) continue;
        if (const std::optional<Trace> trace = run.graphs->trace(steps[i], run))
            graphs.push_back(graph_of_step(steps[i], *trace));
        else reason = "computed again, it has other numbers, as a graph with random numbers has";
    }
    if (every > 1)
        reason += fmt::format("{}a graph has {} numbers, and a file {} in all (most_file_numbers)",
                              reason.empty() ? "" : "; ", numbers, most_numbers);
    if (graphs.size() < run.steps())
        out["graphs_omitted"] = {{"steps", run.steps() - graphs.size()}, {"reason", reason}};
}

// The series of the nodes of a graph of Values, each text once: a parameter has its own, and a sum passes its gradient on.
class NodeSeries {
public:
    explicit NodeSeries(const Run& run) {
        for (std::size_t i = 0; i < run.parameters.size(); ++i) {
            const Track &values = run.parameters[i], &gradients = run.gradients[i];
            if (!values.node || values.width != 1 || values.dtype != "float64") continue;
            parameters_[*values.node] = {series(values, 0), series(gradients, 0)};
        }
    }
    json entry(std::size_t node, const std::string& value, const std::string& gradient) {
        json out = {{"node", node}};
        const auto own = parameters_.find(node);
        const bool is_parameter = own != parameters_.end();
        // The values of a parameter have one number more: after the last step.
        if (const std::size_t first = values_.emplace(value, node).first->second; first != node) out["value"] = first;
        else if (!is_parameter || !own->second.first.starts_with(value + ",")) out["value"] = value;
        if (const std::size_t first = gradients_.emplace(gradient, node).first->second; first != node)
            out["gradient"] = first;
        else if (!is_parameter || own->second.second != gradient) out["gradient"] = gradient;
        return out;
    }

private:
    std::map<std::size_t, std::pair<std::string, std::string>> parameters_; // by node
    std::map<std::string, std::size_t> values_, gradients_;                 // the first node that has it
};

json series_of_nodes(const Run& run) {
    NodeSeries all(run);
    json nodes = json::array();
    for (std::size_t i = 0; i < run.trace().nodes.size(); ++i) {
        Series values(/*single=*/false), gradients(/*single=*/false);
        for (std::size_t k = 0; k < run.steps(); ++k) {
            values.add(run.value(k, i));
            if (const std::optional<double> g = run.gradient(k, i)) gradients.add(*g);
            else gradients.add_nothing();
        }
        nodes.push_back(all.entry(i, std::move(values).text(), std::move(gradients).text()));
    }
    return nodes;
}

json to_json(const Run& run, const Trace& trace, std::size_t most_numbers) {
    json out = {{"name", run.name},
                {"optimizer", run.optimizer},
                {"steps", run.steps()},
                {"loss", series(run.loss)},
                {"lr", series(run.lr)}};
    const bool shared = same_graph(run.trace(), trace);
    json &parameters = out["parameters"] = json::array(), &state = out["state"] = json::array();
    for (std::size_t i = 0; i < run.parameters.size(); ++i) {
        json& one = parameters.emplace_back(to_json(run.parameters[i]));
        one["node"] = shared ? place(run.parameters[i].node) : json(nullptr);
        one["gradients"] = all_series(run.gradients[i]);
    }
    for (const Track& track : run.state) state.emplace_back(to_json(track))["parameter"] = place(track.parameter);
    if (shared && run.graphs) add_graphs(run, most_numbers, out);
    if (!run.has_nodes() || !shared) return out;
    out["nodes"] = series_of_nodes(run);
    return out;
}

} // namespace

std::string TrainingRecord::json() const {
    nlohmann::json out = trace_json(runs_.front().trace());
    out["version"] = trace_version;
    nlohmann::json& training = out["training"];
    training["phases"] = {"define the structure", "initialise", "forward", "loss", "backward", "update",
                          "repeat 3 to 6"};
    for (const Run& run : runs_)
        training["runs"].push_back(to_json(run, runs_.front().trace(), options_.most_file_numbers));
    return text_of(out);
}

} // namespace xg
