#include <nn/train/summary.hpp>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <unordered_map>
#include <unordered_set>

#include <autograd/autograd.hpp>
#include <autograd/debug/unit_text_internal.hpp>
#include <autograd/error_format_internal.hpp>
#include <nn/numbers_internal.hpp>
#include <nn/train/multiply_adds_internal.hpp>

namespace xg::nn {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

Index bytes_of(const Tensor& t) { return t.defined() ? t.numel() * static_cast<Index>(size_of(t.dtype())) : 0; }

/// Adds what the operations do to the row of the innermost call, which `up` hands on to the calls around it.
class Counter : public Watch {
public:
    explicit Counter(Summary& s) : summary_(s) {}

    void enter(SummaryRow row) {
        open_.push_back(summary_.rows.size());
        parents_.push_back(open_.size() > 1 ? open_[open_.size() - 2] : none_);
        summary_.rows.push_back(std::move(row));
    }
    SummaryRow& leave() {
        SummaryRow& row = summary_.rows[open_.back()];
        open_.pop_back();
        return row;
    }
    void forward(const ForwardEvent& event) override {
        if (open_.empty()) return;
        SummaryRow& row = summary_.rows[open_.back()];
        row.multiply_adds += multiply_adds_of(event);
        if (!is_view(event)) row.forward_bytes += bytes_of(event.output);
        if (event.node != 0) row_of_node_.emplace(event.node, open_.back());
    }
    void backward(const BackwardEvent& event) override {
        const auto at = row_of_node_.find(event.node);
        if (at == row_of_node_.end()) return;
        for (const Tensor& g : event.contributions) summary_.rows[at->second].backward_bytes += bytes_of(g);
    }
    /// Calls come before what they call, so that a pass from the end has the sums of all below.
    void up() {
        for (std::size_t i = summary_.rows.size(); i-- > 0;) {
            if (parents_[i] == none_) continue;
            SummaryRow &to = summary_.rows[parents_[i]], &from = summary_.rows[i];
            to.multiply_adds += from.multiply_adds;
            to.forward_bytes += from.forward_bytes;
            to.backward_bytes += from.backward_bytes;
        }
    }

private:
    static bool is_view(const ForwardEvent& event) {
        if (event.output.numel() == 0) return false;
        for (const Tensor& x : event.inputs)
            if (x.defined() && x.numel() > 0 && x.data() == event.output.data()) return true;
        return false;
    }

    static constexpr std::size_t none_ = static_cast<std::size_t>(-1);
    Summary& summary_;
    std::vector<std::size_t> open_, parents_; // rows
    std::unordered_map<std::uint64_t, std::size_t> row_of_node_;
};

/// The hooks of a call on all modules, for as long as it lives.
class Hooks {
public:
    template <class Before, class After>
    Hooks(Module& model, Before before, After after) {
        for (auto& [name, module] : model.named_modules()) {
            ids_.emplace_back(module,
                              module->add_forward_pre_hook(
                                  [before, name = name](Module& m, const std::vector<Tensor>&) { before(m, name); }));
            ids_.emplace_back(module, module->add_forward_hook(
                                          [after](Module&, const std::vector<Tensor>&, const Tensor& y) { after(y); }));
        }
    }
    ~Hooks() {
        for (auto& [module, id] : ids_) module->remove_hook(id);
    }
    Hooks(const Hooks&) = delete;
    Hooks& operator=(const Hooks&) = delete;

private:
    std::vector<std::pair<Module*, std::uint64_t>> ids_;
};

/// Puts buffers and the generator back.
class Unchanged {
public:
    explicit Unchanged(Module& model) : state_(default_generator().state()) {
        for (const auto& item : model.named_buffers()) buffers_.emplace_back(item.second, item.second.clone());
    }
    ~Unchanged() {
        for (auto& [buffer, numbers] : buffers_) write_numbers(buffer, numbers);
        default_generator().set_state(state_);
    }
    Unchanged(const Unchanged&) = delete;
    Unchanged& operator=(const Unchanged&) = delete;

private:
    Generator::State state_;
    std::vector<std::pair<Tensor, Tensor>> buffers_;
};

std::vector<Tensor> trained(const Module& model) {
    std::vector<Tensor> list;
    for (const Tensor& p : model.parameters())
        if (p.requires_grad()) list.push_back(p);
    return list;
}

/// 1234567 as 1,234,567.
std::string count_text(Index count) {
    std::string digits = std::to_string(count);
    for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
    return digits;
}

} // namespace

Summary summary(Module& model, const Tensor& input, SummaryOptions options, Site site) {
    const CallSite here(site);
    Summary s;
    const Unchanged unchanged(model);
    const std::vector<Tensor> weights = trained(model);
    options.backward = options.backward && !weights.empty();
    const auto pass_back = [&](const Tensor& y) {
        if (y.requires_grad())
            grad(y, weights, {.allow_unused = true, .grad_outputs = {ones(y.shape(), {.dtype = y.dtype()})}});
    };
    {
        Counter counter(s);
        const Hooks hooks(
            model,
            [&](Module& m, const std::string& name) {
                counter.enter({.name = name, .class_name = m.class_name(), .depth = 0, .output = {}, .parameters = 0});
            },
            [&](const Tensor& y) { counter.leave().output = y.shape(); });
        const WatchScope watch(counter);
        const Tensor y = model(input);
        if (options.backward) pass_back(y);
        counter.up();
        // A call is as deep as its name
        std::unordered_map<std::string, Module*> by_name;
        for (auto& [name, m] : model.named_modules()) by_name.emplace(name, m);
        std::unordered_set<std::string> seen;
        for (SummaryRow& row : s.rows) {
            if (!row.name.empty()) row.depth = 1 + std::count(row.name.begin(), row.name.end(), '.');
            if (!seen.insert(row.name).second) continue; // called again: its parameters stand above
            row.parameters = by_name.at(row.name)->parameter_count();
        }
    }
    model(input); // warm, without a watch
    {
        std::size_t next = 0;
        std::vector<std::pair<std::size_t, Clock::time_point>> open;
        const Hooks hooks(
            model, [&](Module&, const std::string&) { open.emplace_back(next++, Clock::now()); },
            [&](const Tensor&) {
                const auto [row, begin] = open.back();
                open.pop_back();
                if (row < s.rows.size()) s.rows[row].seconds = seconds_since(begin);
            });
        const Clock::time_point begin = Clock::now();
        const Tensor y = model(input);
        s.forward_seconds = seconds_since(begin);
        if (options.backward) {
            const Clock::time_point back = Clock::now();
            pass_back(y);
            s.backward_seconds = seconds_since(back);
        }
    }
    for (const Tensor& p : model.parameters()) {
        s.parameters += p.numel();
        s.parameter_bytes += bytes_of(p);
        if (p.requires_grad()) s.trained_parameters += p.numel();
    }
    s.multiply_adds = s.rows.front().multiply_adds;
    s.forward_bytes = s.rows.front().forward_bytes;
    s.backward_bytes = s.rows.front().backward_bytes;
    return s;
}

std::string Summary::text() const {
    std::vector<std::string> names;
    std::size_t width = std::string_view("layer").size(), shape_width = std::string_view("output").size();
    for (const SummaryRow& row : rows) {
        const std::string part = row.name.substr(row.name.rfind('.') + 1);
        names.push_back(std::string(2 * static_cast<std::size_t>(row.depth), ' ') + (part.empty() ? "" : part + ": ") +
                        row.class_name);
        width = std::max(width, names.back().size());
        shape_width = std::max(shape_width, row.output.str().size());
    }
    const auto line = [&](const std::string& name, const std::string& shape, const std::string& count,
                          const std::string& work, const std::string& forward, const std::string& backward,
                          const std::string& time) {
        return fmt::format("{:<{}}  {:<{}}  {:>11}  {:>13}  {:>9}  {:>9}  {:>8}\n", name, width, shape, shape_width,
                           count, work, forward, backward, time);
    };
    std::string table = line("layer", "output", "parameters", "multiply-adds", "forward", "backward", "time");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const SummaryRow& row = rows[i];
        table += line(names[i], row.output.str(), row.parameters > 0 ? count_text(row.parameters) : "-",
                      row.multiply_adds > 0 ? count_text(row.multiply_adds) : "-", bytes_text(row.forward_bytes),
                      bytes_text(row.backward_bytes), time_text(row.seconds));
    }
    table += fmt::format("{} parameters, {} trained, {}\n", count_text(parameters), count_text(trained_parameters),
                         bytes_text(parameter_bytes));
    table += fmt::format("{} multiply-adds; results of {} forward, gradients of {} backward\n",
                         count_text(multiply_adds), bytes_text(forward_bytes), bytes_text(backward_bytes));
    table += fmt::format("forward {}, backward {}\n", time_text(forward_seconds), time_text(backward_seconds));
    return table;
}

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << summary.text(); }

} // namespace xg::nn
