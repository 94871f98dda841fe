#include <explorer/training.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include <autograd/error_format_internal.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/film_internal.hpp>
#include <explorer/first_graph_internal.hpp>
#include <explorer/notation_internal.hpp>
#include <explorer/training_graphs_internal.hpp>
#include <explorer/training_internal.hpp>

namespace xg {

using namespace detail;

namespace {

using Run = TrainingRecord::Run;

bool is_not_arrived(double g) { return g == 0 && std::signbit(g); }

std::string listed(const std::vector<std::size_t>& steps) {
    constexpr std::size_t most = 8;
    if (steps.empty()) return "none";
    const std::vector<std::size_t> shown(steps.begin(),
                                         steps.begin() + static_cast<std::ptrdiff_t>(std::min(most, steps.size())));
    return fmt::format("{}{}", fmt::join(shown, ", "), steps.size() > most ? fmt::format(" ... {}", steps.back()) : "");
}

} // namespace

TrainingRecord record(const std::vector<Training>& trainings, RecordOptions options, Site site) {
    {
        const CallSite here(site);
        if (trainings.empty()) fail<ValueError>("record: there is no training\n  expected at least one");
        for (const Training& one : trainings) {
            if (one.steps < 1) fail<ValueError>("record: {} steps\n  expected at least one", one.steps);
        }
    }
    std::vector<Run> runs;
    for (const Training& one : trainings) runs.push_back(record_one(one, options, site));
    return TrainingRecord(std::move(runs), options);
}

TrainingRecord record(const Training& training, RecordOptions options, Site site) {
    return record(std::vector<Training>{training}, options, site);
}

std::optional<double> TrainingRecord::Track::at(std::size_t moment, std::size_t number) const {
    if (moment >= moments || number >= width)
        fail<IndexError>("Track::at: there is no number {} at moment {} of '{}'\n  expected below {} and below {}",
                         number, moment, name, width, moments);
    if (moment < first || std::binary_search(absent.begin(), absent.end(), moment)) return std::nullopt;
    const double x = film->row(moment - first)[column + number];
    return zero_is_absent && is_not_arrived(x) ? std::nullopt : std::optional(x);
}

const Trace& Run::trace() const { return first->trace(); }

double Run::value(std::size_t step, std::size_t node) const {
    const double* row = film->row(step);
    if (nodes[node].column != no_column) return row[nodes[node].column];
    double product = 1;
    for (const std::size_t e : trace().nodes[node].inputs) product *= row[nodes[trace().edges[e].from].column];
    return product;
}
std::optional<double> Run::gradient(std::size_t step, std::size_t node) const {
    const double* row = film->row(step);
    const Node& at = nodes[node];
    if (at.column != no_column) {
        const double g = row[at.gradient_column];
        return is_not_arrived(g) ? std::nullopt : std::optional(g);
    }
    const double g = row[nodes[at.sum].gradient_column];
    if (g == 0) return std::nullopt; // a gradient of 0 is not passed on
    return at.subtracted ? 0.0 - g : g;
}

std::vector<std::size_t> Run::graph_steps() const {
    if (!has_nodes()) return graphs ? graphs->steps() : std::vector<std::size_t>();
    std::vector<std::size_t> all(steps());
    for (std::size_t k = 0; k < all.size(); ++k) all[k] = k;
    return all;
}
std::string Run::graphs_omitted() const {
    if (has_nodes()) return {};
    return graphs ? graphs->reason() : "it was not the same in all steps";
}

Explanation TrainingRecord::at(std::size_t step, std::size_t run, Site site) const {
    const CallSite here(site);
    if (run >= runs_.size() || step >= runs_[run].steps())
        fail<IndexError>("TrainingRecord::at: there is no step {} of run {}", step, run);
    const Run& of = runs_[run];
    if (!of.has_nodes()) {
        std::optional<Trace> trace = of.graphs ? of.graphs->trace(step, of) : std::nullopt;
        if (trace) return Explanation(std::move(*trace));
        fail<ValueError>("TrainingRecord::at: there is no graph of step {} of '{}': {}\n  expected one of {}", step,
                         of.name,
                         of.graphs_omitted().empty() ? "computed again, it has other numbers" : of.graphs_omitted(),
                         listed(of.graph_steps()));
    }
    Trace trace = of.trace();
    std::vector<double> values;
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) values.push_back(trace.nodes[i].value = of.value(step, i));
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        const std::vector<std::size_t>& inputs = trace.nodes[i].inputs;
        if (inputs.empty() || !knows_scalar(trace.nodes[i].op, inputs.size())) continue;
        const std::vector<double> slopes = slopes_at(trace, i, values);
        for (std::size_t slot = 0; slot < slopes.size(); ++slot) {
            if (!trace.is_constant(trace.edges[inputs[slot]].from)) trace.edges[inputs[slot]].local = slopes[slot];
        }
    }
    replay(trace);
    return Explanation(std::move(trace));
}

std::string TrainingRecord::text(std::size_t rows) const {
    const std::size_t shown = std::min<std::size_t>(runs_.size(), 4);
    std::string out = padded("step", 8);
    std::size_t steps = 0;
    for (std::size_t r = 0; r < shown; ++r) {
        out += fmt::format("  {}", padded(clipped(runs_[r].name, 15), 15));
        steps = std::max(steps, runs_[r].steps());
    }
    out = out.substr(0, out.find_last_not_of(' ') + 1) + "\n";
    const std::size_t every = std::max<std::size_t>(1, (steps + rows - 1) / std::max<std::size_t>(rows, 1));
    for (std::size_t k = 0; k < steps; ++k) {
        if (k % every != 0 && k + 1 != steps) continue;
        std::string line = padded(std::to_string(k), 8);
        for (std::size_t r = 0; r < shown; ++r)
            line += "  " + padded(k < runs_[r].steps() ? short_number(runs_[r].loss[k]) : "", 15);
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    if (shown < runs_.size()) out += fmt::format("and {} more\n", runs_.size() - shown);
    return out;
}

} // namespace xg
