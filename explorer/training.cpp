#include <explorer/training.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <autograd/debug/value_graph.hpp>
#include <autograd/debug/value_reader.hpp>
#include <autograd/error_format_internal.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/notation_internal.hpp>
#include <explorer/snapshot_internal.hpp>

namespace xg {

using namespace detail;

namespace {

using Track = TrainingRecord::Track;
using Run = TrainingRecord::Run;

constexpr std::size_t most_reserved = 16'000'000; // numbers
// Room for all steps at once, in large pages where there are such: touching memory for the first time is most of the cost
// of a recording of Values.
void make_room(std::vector<double>& numbers, std::size_t count) {
    numbers.reserve(std::min(count, most_reserved));
    constexpr std::uintptr_t page = 2 * 1024 * 1024;
    const auto begin = reinterpret_cast<std::uintptr_t>(numbers.data());
    const std::uintptr_t first = (begin + page - 1) / page * page;
    const std::uintptr_t end = (begin + numbers.capacity() * sizeof(double)) / page * page;
    if (end > first) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE); // advice: it may be refused
}

constexpr double not_arrived = -0.0;
bool is_not_arrived(double g) { return g == 0 && std::signbit(g); }

template <class T>
void copy_sample(const Tensor& t, std::size_t every, std::vector<double>& to) {
    const auto* p = static_cast<const T*>(t.data());
    const auto n = static_cast<std::size_t>(t.numel());
    for (std::size_t i = 0; i < n; i += every) to.push_back(static_cast<double>(p[i]));
}

void append(Track& track, const Tensor& t) {
    track.present.push_back(1);
    if (t.is_contiguous() && t.dtype() == DType::float32) return copy_sample<float>(t, track.every, *track.numbers);
    if (t.is_contiguous() && t.dtype() == DType::float64) return copy_sample<double>(t, track.every, *track.numbers);
    const std::vector<double> all = t.to_vector();
    for (std::size_t i = 0; i < all.size(); i += track.every) track.numbers->push_back(all[i]);
}
void append_nothing(Track& track) {
    track.present.push_back(0);
    track.numbers->resize(track.numbers->size() + track.width);
}

Track track_of(const Tensor& t, std::string name, std::size_t most) {
    Track track;
    track.name = std::move(name), track.dtype = std::string(name_of(t.dtype()));
    for (const Index size : t.shape()) track.shape.push_back(size);
    const auto n = static_cast<std::size_t>(t.numel());
    track.every = stride_of_sample(track.shape, n, most);
    track.width = (n + track.every - 1) / track.every;
    return track;
}

class Recorder {
public:
    Recorder(const Training& training, const RecordOptions& options)
        : training_(training),
          optimizer_(training.optimizer),
          options_(options),
          tensors_(optimizer_.parameters()),
          values_(optimizer_.values()) {
        run_.optimizer = optimizer_.name();
        run_.name = training.name.empty() ? run_.optimizer : training.name;
        for (const Tensor& t : tensors_) {
            const std::string name = t.label().empty() ? fmt::format("#{}", run_.parameters.size()) : t.label();
            run_.parameters.push_back(track_of(t, name, options.most_elements));
        }
        for (const Value& v : values_) {
            const std::string name = v.label().empty() ? fmt::format("#{}", run_.parameters.size()) : v.label();
            run_.parameters.emplace_back().name = name;
        }
        run_.gradients = run_.parameters;
        for (Track& track : run_.gradients) track.numbers = std::make_shared<std::vector<double>>();
        make_room(*numbers_, values_.size() * static_cast<std::size_t>(training.steps + 1));
        make_room(*number_gradients_, values_.size() * static_cast<std::size_t>(training.steps));
        remember_parameters();
    }

    Run record(Site site) {
        for (int step = 0; step < training_.steps; ++step) {
            optimizer_.zero_grad();
            const LossFunction::Loss loss = step == 0 ? first_loss(site) : training_.loss();
            run_.lr.push_back(optimizer_.lr());
            if (const auto* v = std::get_if<Value>(&loss)) {
                run_.loss.push_back(v->value());
                v->backward();
                remember_nodes(*v, site);
            } else {
                run_.loss.push_back(std::get<Tensor>(loss).item());
                std::get<Tensor>(loss).backward();
            }
            remember_gradients();
            optimizer_.step(site);
            remember_parameters();
            remember_state();
        }
        deal_out_numbers();
        deal_out_state();
        if (!same_graph_) run_.values.clear(), run_.node_gradients.clear();
        return std::move(run_);
    }

private:
    // With lines and constants, which the other steps need not pay for.
    LossFunction::Loss first_loss(Site site) {
        const TraceLines lines;
        const TraceTensors keep;
        LossFunction::Loss loss = training_.loss();
        std::visit([&](const auto& l) { run_.trace = explain(l, {}, site).trace(); }, loss);
        has_tensors_ = run_.trace.has_tensors();
        find_parameters();
        return loss;
    }
    // Of one name the last, as `find` has it; a parameter without a name by its numbers.
    void find_parameters() {
        std::unordered_map<std::string, std::size_t> leaves;
        for (std::size_t i = 0; i < run_.trace.nodes.size(); ++i) {
            if (run_.trace.is_leaf(i)) leaves[run_.trace.name(i)] = i;
        }
        for (std::size_t i = 0; i < run_.parameters.size(); ++i) {
            const auto at = leaves.find(run_.parameters[i].name);
            if (at == leaves.end() || run_.parameters[i].name.starts_with('#')) continue;
            run_.parameters[i].node = run_.gradients[i].node = at->second;
        }
    }

    void remember_parameters() {
        for (std::size_t i = 0; i < tensors_.size(); ++i) append(run_.parameters[i], tensors_[i]);
        for (const Value& v : values_) numbers_->push_back(v.value());
    }
    void remember_gradients() {
        for (std::size_t i = 0; i < tensors_.size(); ++i) {
            if (tensors_[i].has_grad()) append(run_.gradients[i], tensors_[i].grad());
            else append_nothing(run_.gradients[i]);
        }
        for (const Value& v : values_) number_gradients_->push_back(v.has_grad() ? v.grad() : not_arrived);
    }
    // Each Value has every n-th of the numbers.
    void deal_out_numbers() {
        const std::size_t n = values_.size(), steps = run_.loss.size();
        for (std::size_t i = 0; i < n; ++i) {
            Track &track = run_.parameters[tensors_.size() + i], &gradients = run_.gradients[tensors_.size() + i];
            track.numbers = numbers_, gradients.numbers = number_gradients_;
            track.offset = gradients.offset = i, track.stride = gradients.stride = n;
            track.present.assign(steps + 1, 1), gradients.present.assign(steps, 1);
        }
        for (std::size_t at = 0; at < n * steps; ++at) {
            if (is_not_arrived((*number_gradients_)[at])) run_.gradients[tensors_.size() + at % n].present[at / n] = 0;
        }
    }

    void remember_nodes(const Value& loss, Site site) {
        if (!same_graph_ || has_tensors_) return;
        const ValueReader* reader = reader_of(loss, site);
        if (!reader) return;
        const std::size_t begin = run_.values.size(), n = run_.trace.nodes.size();
        if (begin == 0) {
            const std::size_t all = n * static_cast<std::size_t>(training_.steps);
            make_room(run_.values, all), make_room(run_.node_gradients, all);
        }
        run_.values.resize(begin + n), run_.node_gradients.resize(begin + n);
        reader->read(run_.values.data() + begin, run_.node_gradients.data() + begin);
    }
    // A program that builds the same graph again finds the same places free, or one of a few.
    const ValueReader* reader_of(const Value& loss, Site site) {
        constexpr std::size_t most_places = 8;
        for (const ValueReader& reader : readers_) {
            if (reader.fits(loss)) return &reader;
        }
        const std::vector<ValueNode> graph = graph_of(loss, site);
        const Trace& trace = run_.trace;
        same_graph_ = graph.size() == trace.nodes.size();
        for (std::size_t i = 0; i < graph.size() && same_graph_; ++i) same_graph_ = graph[i].op() == trace.nodes[i].op;
        if (!same_graph_) return nullptr;
        if (readers_.size() == most_places) readers_.erase(readers_.begin());
        return &readers_.emplace_back(graph);
    }

    void remember_state() {
        const std::size_t step = run_.loss.size();
        for (const auto& [name, t] : optimizer_.state_dict()) {
            if (name.find('.') == name.npos || name.ends_with(".lr")) continue;
            const auto [at, fresh] = states_.try_emplace(name, run_.state.size());
            if (fresh) run_.state.push_back(new_state(name, t, step));
            append(run_.state[at->second], t);
        }
        for (Track& track : run_.state) {
            if (track.moments() < step) append_nothing(track);
        }
    }
    // A moment of Values is one tensor for all of them.
    bool is_of_values(const std::string& name, const std::vector<std::int64_t>& shape) const {
        return tensors_.empty() && name.starts_with("0.") && optimizer_.group_count() == 1 && shape.size() == 1 &&
               shape[0] == static_cast<std::int64_t>(values_.size());
    }
    Track new_state(const std::string& name, const Tensor& t, std::size_t step) const {
        Track track = track_of(t, name, options_.most_elements);
        if (is_of_values(name, track.shape)) track.every = 1, track.width = values_.size();
        const std::size_t slot = std::stoul(name.substr(0, name.find('.')));
        if (values_.empty() && slot < tensors_.size()) track.parameter = slot;
        make_room(*track.numbers, track.width * static_cast<std::size_t>(training_.steps));
        while (track.moments() + 1 < step) append_nothing(track);
        return track;
    }
    void deal_out_state() {
        std::vector<Track> dealt;
        for (const Track& whole : run_.state) {
            if (!is_of_values(whole.name, whole.shape)) {
                dealt.push_back(whole);
                continue;
            }
            for (std::size_t i = 0; i < values_.size(); ++i) {
                Track& one = dealt.emplace_back(whole);
                one.parameter = i, one.shape.clear(), one.width = 1;
                one.offset = i, one.stride = values_.size();
            }
        }
        run_.state = std::move(dealt);
    }

    const Training& training_;
    nn::Optimizer& optimizer_;
    const RecordOptions& options_;
    const std::vector<Tensor> tensors_;
    const std::vector<Value> values_;
    std::unordered_map<std::string, std::size_t> states_;
    std::vector<ValueReader> readers_;
    std::shared_ptr<std::vector<double>> numbers_ = std::make_shared<std::vector<double>>();
    std::shared_ptr<std::vector<double>> number_gradients_ =
        std::make_shared<std::vector<double>>(); // of the Values, step after step
    bool same_graph_ = true, has_tensors_ = false;
    Run run_;
};

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
    for (const Training& one : trainings) runs.push_back(Recorder(one, options).record(site));
    return TrainingRecord(std::move(runs));
}

TrainingRecord record(const Training& training, RecordOptions options, Site site) {
    return record(std::vector<Training>{training}, options, site);
}

std::optional<double> TrainingRecord::Track::at(std::size_t moment, std::size_t number) const {
    if (moment >= moments() || number >= width)
        fail<IndexError>("Track::at: there is no number {} at moment {} of '{}'\n  expected below {} and below {}",
                         number, moment, name, width, moments());
    if (present[moment] == 0) return std::nullopt;
    return this->number(moment, number);
}

std::optional<double> Run::gradient(std::size_t step, std::size_t node) const {
    const double g = node_gradients[step * trace.nodes.size() + node];
    return is_not_arrived(g) ? std::nullopt : std::optional(g);
}

Explanation TrainingRecord::at(std::size_t step, std::size_t run, Site site) const {
    const CallSite here(site);
    if (run >= runs_.size() || step >= runs_[run].steps())
        fail<IndexError>("TrainingRecord::at: there is no step {} of run {}", step, run);
    const Run& of = runs_[run];
    if (of.values.empty())
        fail<ValueError>(
            "TrainingRecord::at: the graph of '{}' {}\n  expected a graph of Values that is the same in every step",
            of.name, of.trace.has_tensors() ? "has tensors" : "was not the same in all steps");
    Trace trace = of.trace;
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
