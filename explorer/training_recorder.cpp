// Trains, and writes down the numbers of every step: a row of a film each.
#include <algorithm>
#include <unordered_map>

#include <autograd/debug/value_graph.hpp>
#include <autograd/debug/value_reader.hpp>
#include <autograd/error_format_internal.hpp>
#include <explorer/explain_internal.hpp>
#include <explorer/explain_tensors_internal.hpp>
#include <explorer/first_graph_internal.hpp>
#include <explorer/training_graphs_internal.hpp>
#include <explorer/training_internal.hpp>
#include <explorer/training_state_internal.hpp>

namespace xg {

using namespace detail;

namespace {

using Run = TrainingRecord::Run;

double raw_gradient(const Value& v) { return v.has_grad() ? v.grad() : nothing_arrived; }

class Recorder {
public:
    Recorder(const Training& training, const RecordOptions& options)
        : training_(training),
          optimizer_(training.optimizer),
          options_(options),
          tensors_(optimizer_.parameters()),
          values_(optimizer_.values()),
          state_(optimizer_, options.most_elements, static_cast<std::size_t>(training.steps)) {
        run_.optimizer = optimizer_.name();
        run_.name = training.name.empty() ? run_.optimizer : training.name;
        for (const Tensor& t : tensors_) {
            const std::string name = t.label().empty() ? fmt::format("#{}", run_.parameters.size()) : t.label();
            run_.parameters.push_back(track_of(t, name, options.most_elements));
        }
        for (const Value& v : values_) {
            std::string name = v.label();
            if (name.empty()) name = fmt::format("#{}", run_.parameters.size());
            run_.parameters.emplace_back().name = std::move(name);
        }
        run_.gradients = run_.parameters;
        run_.loss.reserve(static_cast<std::size_t>(training.steps));
        run_.lr.reserve(static_cast<std::size_t>(training.steps));
    }

    Run record(Site site) {
        for (int step = 0; step < training_.steps; ++step) {
            optimizer_.zero_grad();
            const LossFunction::Loss loss = step == 0 ? first_loss(site) : next_loss(static_cast<std::size_t>(step));
            run_.lr.push_back(optimizer_.lr());
            const Value* scalar = std::get_if<Value>(&loss);
            if (scalar) {
                run_.loss.push_back(scalar->value());
                scalar->backward();
            } else {
                run_.loss.push_back(std::get<Tensor>(loss).item());
                std::get<Tensor>(loss).backward();
            }
            // Of the first step it is not known yet what the optimizer will remember.
            double* row = step == 0 ? first_row_.data() : film_->add_row();
            if (!scalar || !read_nodes(*scalar, row, site)) read_parameters_of_graph(row);
            read_gradients(row);
            optimizer_.step(site);
            if (step == 0) begin_film();
            state_.read(film_->last_row() + state_column_);
        }
        double* last = film_->add_row();
        read_parameters_of_graph(last);
        read_parameters(last);
        finish();
        return std::move(run_);
    }

private:
    struct InGraph {
        Value value;
        std::size_t node, column, gradient_column;
    };

    // With lines and constants, which the other steps need not pay for.
    LossFunction::Loss first_loss(Site site) {
        const TraceLines lines;
        const TraceTensors keep;
        LossFunction::Loss loss = training_.loss();
        if (const Value* scalar = std::get_if<Value>(&loss)) {
            require_current("record", *scalar, site);
            const std::vector<ValueNode> graph = graph_of(*scalar, site);
            ValueNotes notes = notes_of(graph);
            if (is_of_values(notes)) {
                run_.first = std::make_shared<FirstGraph>(std::move(notes));
                place_nodes(run_.first->notes());
                readers_.emplace_back(graph, stored_);
                place_values(graph);
                return loss;
            }
            explain_first(loss, TensorGraph(*scalar, site));
        } else {
            const Tensor& t = std::get<Tensor>(loss);
            if (!t.defined() || t.numel() != 1) explain(t, {}, site); // which says what is wrong
            explain_first(loss, TensorGraph(t, site));
        }
        place_tensors();
        return loss;
    }
    void explain_first(const LossFunction::Loss& loss, const TensorGraph& graph) {
        Trace trace = explain_tensors(graph, {.most_terms = options_.most_terms}).trace();
        run_.first = std::make_shared<FirstGraph>(std::move(trace));
        graphs_ = std::make_shared<GraphSteps>(graph, loss, static_cast<std::size_t>(training_.steps),
                                               options_.most_graph_numbers);
    }
    LossFunction::Loss next_loss(std::size_t step) {
        if (!graphs_) return training_.loss();
        const auto watching = graphs_->watching(step);
        LossFunction::Loss loss = training_.loss();
        if (watching) graphs_->keep(step, loss, *watching);
        return loss;
    }

    // Columns -------------------------------------------------------------------------------------------------------------

    // A product that only a sum reads is made of what is there, as the sum's gradient is its own.
    void place_nodes(const ValueNotes& graph) {
        struct Reader {
            std::size_t count = 0, node = 0, slot = 0;
        };
        std::vector<Reader> readers(graph.nodes.size());
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
            for (std::size_t slot = 0; slot < graph.nodes[i].inputs; ++slot) {
                Reader& reader = readers[graph.inputs[graph.nodes[i].first + slot].from];
                reader = {reader.count + 1, i, slot};
            }
        }
        run_.nodes.resize(graph.nodes.size());
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
            const auto& [count, reader, slot] = readers[i];
            if (graph.nodes[i].op == "mul" && count == 1) {
                const bool subtracts = graph.nodes[reader].op == "sub";
                if (subtracts || graph.nodes[reader].op == "add") {
                    run_.nodes[i].sum = reader, run_.nodes[i].subtracted = subtracts && slot == 1;
                    continue;
                }
            }
            run_.nodes[i].column = stored_.size();
            stored_.push_back(i);
        }
        for (const std::size_t i : stored_) run_.nodes[i].gradient_column = run_.nodes[i].column + stored_.size();
    }
    void place_values(const std::vector<ValueNode>& graph) {
        std::unordered_map<std::uintptr_t, std::size_t> leaves;
        const ValueNotes& notes = run_.first->notes();
        for (std::size_t i = 0; i < graph.size() && notes.nodes[i].op == "leaf"; ++i) leaves.emplace(graph[i].id(), i);
        for (std::size_t i = tensors_.size(); i < run_.parameters.size(); ++i) {
            const Value& value = values_[i - tensors_.size()];
            const auto at = leaves.find(ValueNode(value).id());
            if (at == leaves.end()) continue;
            Track &track = run_.parameters[i], &gradient = run_.gradients[i];
            const Run::Node& node = run_.nodes[at->second];
            track.node = gradient.node = at->second;
            track.column = node.column, gradient.column = node.gradient_column;
            in_graph_.push_back({value, at->second, node.column, node.gradient_column});
        }
        place_others();
    }
    // By their names, of one name the last, as `find` has it.
    void place_tensors() {
        const Trace& trace = run_.first->trace();
        std::unordered_map<std::string, std::size_t> names;
        for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
            if (trace.is_leaf(i)) names[trace.name(i)] = i;
        }
        for (std::size_t i = 0; i < run_.parameters.size(); ++i) {
            const std::string& name = run_.parameters[i].name;
            const auto at = names.find(name);
            if (at != names.end() && !name.starts_with('#'))
                run_.parameters[i].node = run_.gradients[i].node = at->second;
        }
        place_others();
    }
    // What is in no column of the graph's nodes.
    void place_others() {
        std::size_t column = 2 * stored_.size();
        for (std::size_t i = 0; i < run_.parameters.size(); ++i) {
            Track &track = run_.parameters[i], &gradient = run_.gradients[i];
            const bool is_value = i >= tensors_.size();
            gradient.zero_is_absent = is_value;
            if (track.node && is_value && !run_.nodes.empty()) continue;
            if (is_value) alone_.push_back(i);
            track.column = column, gradient.column = column + track.width;
            column += 2 * track.width;
        }
        state_column_ = column;
        first_row_.resize(column);
    }
    void begin_film() {
        const std::size_t width = state_column_ + state_.first();
        film_ = std::make_shared<Film>(width, static_cast<std::size_t>(training_.steps) + 1);
        std::copy(first_row_.begin(), first_row_.end(), film_->add_row());
        state_.place(film_, state_column_);
    }

    // Numbers -------------------------------------------------------------------------------------------------------------

    bool read_nodes(const Value& loss, double* row, Site site) {
        if (run_.nodes.empty()) return false;
        const ValueReader* reader = reader_of(loss, site);
        if (reader) reader->read(row, row + stored_.size());
        else run_.nodes.clear();
        return reader != nullptr;
    }
    // A program that builds the same graph again finds the same places free, or one of a few.
    const ValueReader* reader_of(const Value& loss, Site site) {
        constexpr std::size_t most_places = 8;
        for (const ValueReader& reader : readers_) {
            if (reader.fits(loss)) return &reader;
        }
        const std::vector<ValueNode> graph = graph_of(loss, site);
        if (!is_same(graph)) return nullptr;
        if (readers_.size() == most_places) readers_.erase(readers_.begin());
        return &readers_.emplace_back(graph, stored_);
    }
    // The same operations of the same inputs, and each parameter where it was.
    bool is_same(const std::vector<ValueNode>& graph) const {
        const ValueNotes &first = run_.first->notes(), now = notes_of(graph);
        const auto same_node = [](const ValueNotes::Node& a, const ValueNotes::Node& b) {
            return a.op == b.op && a.inputs == b.inputs;
        };
        const auto same_input = [](const ValueNotes::Input& a, const ValueNotes::Input& b) { return a.from == b.from; };
        return std::ranges::equal(first.nodes, now.nodes, same_node) &&
               std::ranges::equal(first.inputs, now.inputs, same_input) &&
               std::ranges::all_of(
                   in_graph_, [&](const InGraph& one) { return graph[one.node].id() == ValueNode(one.value).id(); });
    }
    void read_parameters_of_graph(double* row) const {
        for (const InGraph& one : in_graph_)
            row[one.column] = one.value.value(), row[one.gradient_column] = raw_gradient(one.value);
    }
    void read_parameters(double* row) const {
        for (std::size_t i = 0; i < tensors_.size(); ++i)
            copy_numbers(run_.parameters[i], tensors_[i], row + run_.parameters[i].column);
        for (const std::size_t i : alone_) row[run_.parameters[i].column] = values_[i - tensors_.size()].value();
    }
    void read_gradients(double* row) {
        read_parameters(row);
        for (std::size_t i = 0; i < tensors_.size(); ++i) {
            Track& track = run_.gradients[i];
            if (tensors_[i].has_grad()) copy_numbers(track, tensors_[i].grad(), row + track.column);
            else track.absent.push_back(run_.loss.size() - 1);
        }
        for (const std::size_t i : alone_) row[run_.gradients[i].column] = raw_gradient(values_[i - tensors_.size()]);
    }

    void finish() {
        run_.film = film_;
        run_.graphs = graphs_;
        for (std::size_t i = 0; i < run_.parameters.size(); ++i) {
            run_.parameters[i].film = run_.gradients[i].film = film_;
            run_.parameters[i].moments = run_.steps() + 1, run_.gradients[i].moments = run_.steps();
        }
        run_.state = std::move(state_).tracks();
    }

    const Training& training_;
    nn::Optimizer& optimizer_;
    const RecordOptions& options_;
    const std::vector<Tensor> tensors_;
    const std::vector<Value> values_;
    StateWatch state_;
    std::vector<std::size_t> stored_; // nodes that have a column
    std::vector<InGraph> in_graph_;   // parameters that are among them
    std::vector<std::size_t> alone_;  // Values that are not
    std::vector<ValueReader> readers_;
    std::vector<double> first_row_;
    std::size_t state_column_ = 0;
    std::shared_ptr<Film> film_;
    std::shared_ptr<GraphSteps> graphs_;
    Run run_;
};

} // namespace

TrainingRecord::Run detail::record_one(const Training& training, const RecordOptions& options, Site site) {
    return Recorder(training, options).record(site);
}

} // namespace xg
