#include <explorer/session_internal.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ostream>
#include <sstream>

#include <autograd/error_format_internal.hpp>
#include <autograd/write_file_internal.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/explain.hpp>
#include <explorer/lines_internal.hpp>
#include <explorer/notation_internal.hpp>
#include <explorer/page_internal.hpp>

namespace xg {

using namespace detail;

namespace {

std::optional<double> maybe_number(const std::string& word) {
    double x = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), x);
    return error == std::errc() && end == word.data() + word.size() ? std::optional(x) : std::nullopt;
}
double number_of(const std::string& word) {
    const std::optional<double> x = maybe_number(word);
    if (!x) fail<ValueError>("'{}' is no number", clipped(word, 50));
    return *x;
}

constexpr std::size_t any = ~std::size_t{0};
void require(const std::vector<std::string>& words, std::size_t least, std::size_t most, const char* usage) {
    if (words.size() < least || words.size() > most) fail<ValueError>("'{}' is used as: {}", words[0], usage);
}

std::string gradient_text(const Stepper& at, std::size_t node) {
    const std::optional<double> g = at.gradient(node);
    return g ? full_quantity_text(at.trace(), at.trace().nodes[node], *g, at.gradient_tensor(node)) : "not yet";
}

// A name may have blanks in it, and so may that of a file.
std::string joined(const std::vector<std::string>& words, std::size_t first, std::size_t last) {
    std::string all;
    for (std::size_t i = first; i < last; ++i) all += (i > first ? " " : "") + words[i];
    return all;
}

std::vector<Index> indices_of(const std::string& word) {
    std::vector<Index> at;
    std::istringstream in(word);
    for (std::string part; std::getline(in, part, ',');) at.push_back(static_cast<Index>(number_of(part)));
    return at;
}

} // namespace

ExplorerSession::ExplorerSession(Trace trace, std::ostream& out)
    : stepper_(std::move(trace)), current_(stepper_.trace().root), moments_(stepper_.trace().nodes.size()), out_(out) {}

std::string ExplorerSession::help() {
    return "s [node|phase|N]     a step on: one event, to a complete node, to the end, N\n"
           "b [node|phase|N]     a step back\n"
           "g LABEL              go to a node\n"
           "why [LABEL]          its ledger, and the products of its paths\n"
           "set LABEL VALUE      give a leaf another value; everything is computed anew\n"
           "check [LABEL] [H]    gradients beside differences of step H, and forward mode\n"
           "opt sgd|adam LR      one step of an optimizer on all leaves\n"
           "watch [LABEL]        show its gradient after each step; again: no longer\n"
           "tree                 the forward pass\n"
           "open LABEL I,J       an element of a tensor as the scalars that add up to it\n"
           "src                  the line of the program\n"
           "export html|dot|json|latex FILE\n"
           "q                    quit\n";
}

void ExplorerSession::greet() {
    const Trace& t = trace();
    out_ << fmt::format("{} = {}: {} nodes, {} events. Gradients: not yet.\n", clipped(t.name(t.root), 20),
                        quantity_text(t, t.nodes[t.root].value, t.nodes[t.root].value_tensor), t.nodes.size(),
                        t.events.size());
    if (t.omitted > 0) out_ << clipped(t.omitted_reason, 80) << "\n";
}

bool ExplorerSession::run(const std::string& command) {
    std::istringstream in(command);
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.empty() || words[0].starts_with("//")) return true;
    const std::string& name = words[0];
    const auto node = [&] { return words.size() > 1 ? trace().find(joined(words, 1, words.size())) : current_; };
    if (name == "q" || name == "quit") {
        require(words, 1, 1, "q");
        return false;
    }
    if (name == "s" || name == "b") step(words, name == "s");
    else if (name == "g") require(words, 2, any, "g LABEL"), show_node(current_ = node());
    else if (name == "why") why(node());
    else if (name == "set") set(words);
    else if (name == "check") check_nodes(words);
    else if (name == "watch") watch(words);
    else if (name == "tree") require(words, 1, 1, "tree"), tree();
    else if (name == "open") open(words);
    else if (name == "src") require(words, 1, 1, "src"), source();
    else if (name == "opt") optimize(words);
    else if (name == "export") export_file(words);
    else if (name == "help" || name == "?") out_ << help();
    else
        fail<ValueError>(
            "there is no command '{}'\n  expected s, b, g, why, set, check, opt, watch, tree, open, src, export,\n  "
            "help "
            "or q",
            clipped(name, 40));
    return true;
}

void ExplorerSession::step(const Words& words, bool forward) {
    const char* usage = forward ? "s [node|phase|N]" : "b [node|phase|N]";
    require(words, 1, 2, usage);
    const std::string unit = words.size() > 1 ? words[1] : "1";
    const std::size_t before = stepper_.position();
    if (unit == "node") forward ? stepper_.next_node() : stepper_.prev_node();
    else if (unit == "phase") stepper_.go(forward ? stepper_.size() : 0);
    else {
        const double count = number_of(unit);
        if (!(count >= 1) || count != std::floor(count) || count > 1e9)
            fail<ValueError>("'{}' is no count of steps; used as: {}", clipped(unit, 24), usage);
        for (double i = 0; i < count && (forward ? stepper_.next() : stepper_.prev()); ++i) {}
    }
    if (stepper_.position() == before) out_ << (forward ? "at the end\n" : "at the beginning\n");
    else show();
}

void ExplorerSession::show() {
    const Trace& t = trace();
    if (!stepper_.begun()) {
        out_ << "before the first event\n";
    } else {
        const TraceEvent& e = stepper_.event();
        current_ = e.node;
        out_ << event_line(t, stepper_.position() - 1) << "\n";
        if (e.kind == TraceEvent::Kind::contribution) {
            const TraceEdge& edge = t.edges[e.edge];
            const std::string from = edge.vjp.empty()
                                         ? fmt::format("= {} * {}", derivative_name(t, edge.to), edge.symbol)
                                         : fmt::format("upstream is {}", derivative_name(t, edge.to));
            const std::string because =
                fmt::format("{}, because {} = {}", from, t.name(edge.to), t.expression(edge.to));
            out_ << "       " << clipped(because, 72) << "\n";
        }
    }
    for (const std::string& label : watched_)
        out_ << fmt::format("       watch {}: {}\n", clipped(derivative_name(t, t.find(label)), 30),
                            gradient_text(stepper_, t.find(label)));
}

void ExplorerSession::show_node(std::size_t node) {
    const Trace& t = trace();
    out_ << forward_line(t, node) << "\n"
         << fmt::format("       {}: {}\n", clipped(derivative_name(t, node), 40), gradient_text(stepper_, node));
    if (t.nodes[node].uses.size() > 1) out_ << fmt::format("       {} uses\n", t.nodes[node].uses.size());
}

void ExplorerSession::why(std::size_t node) {
    const Trace& t = trace();
    const std::string of = clipped(derivative_name(t, node), 30);
    out_ << "ledger of " << of << "\n";
    for (const std::size_t row : ledger(t, node)) {
        const bool happened = row < stepper_.position();
        out_ << event_line(t, row) << (happened ? "" : "  (not yet)") << "\n";
    }
    const TracePaths found = paths(t, node, 12);
    out_ << fmt::format("paths from {}\n", clipped(t.name(t.root), 30));
    const bool numbers = !t.has_tensors(); // rules of tensors have no product along a path
    double total = 0;
    for (const TracePath& path : found.list) {
        std::string names = t.name(t.root), product = t.seed == 1 ? "1" : short_number(t.seed);
        for (const std::size_t e : path.edges) {
            names += " > " + t.name(t.edges[e].from);
            if (numbers) product = times(product, t.edges[e].symbol);
        }
        if (!numbers) {
            out_ << "       " << clipped(names, 72) << "\n";
            continue;
        }
        total += path.product;
        out_ << fmt::format("       {}  {:>12}\n", padded(clipped(names, 50), 50), short_number(path.product))
             << "         = " << clipped(product, 70) << "\n";
    }
    if (!found.complete) out_ << "       and more paths\n";
    else if (numbers) out_ << fmt::format("       {}  {:>12}\n", padded("sum", 50), short_number(total));
}

void ExplorerSession::open(const Words& words) {
    require(words, 3, any, "open LABEL I,J");
    const std::size_t node = trace().find(joined(words, 1, words.size() - 1));
    out_ << Explanation(trace()).element(node, indices_of(words.back())).text();
}

void ExplorerSession::set(const Words& words) {
    require(words, 3, any, "set LABEL VALUE");
    Trace changed = trace();
    const std::size_t leaf = changed.find(joined(words, 1, words.size() - 1));
    set_leaf(changed, leaf, number_of(words.back()));
    reset(std::move(changed));
    out_ << fmt::format("{} = {}: {} = {}\n", clipped(trace().name(leaf), 24), short_number(trace().nodes[leaf].value),
                        clipped(trace().name(trace().root), 24), full_number(trace().nodes[trace().root].value));
}

// The walk stays where it was: another value changes no event's place, as far as there are as many.
void ExplorerSession::reset(Trace changed) {
    const std::size_t position = std::min(stepper_.position(), changed.events.size());
    stepper_ = Stepper(std::move(changed));
    stepper_.go(position);
}

void ExplorerSession::check_nodes(const Words& words) {
    CheckOptions options;
    const bool step = words.size() > 2 && maybe_number(words.back());
    if (step) options.step = number_of(words.back());
    if (!(options.step > 0)) fail<ValueError>("a step of {} makes no difference\n  expected one above 0", options.step);
    CheckReport report = check(trace(), options);
    if (words.size() > 1) {
        const std::size_t node = trace().find(joined(words, 1, words.size() - (step ? 1 : 0)));
        std::erase_if(report.rows, [&](const CheckReport::Row& r) { return r.node != node; });
    }
    out_ << report.text();
}

void ExplorerSession::watch(const Words& words) {
    if (words.size() > 1) {
        const std::string label = trace().name(trace().find(joined(words, 1, words.size())));
        const auto at = std::find(watched_.begin(), watched_.end(), label);
        if (at == watched_.end()) watched_.push_back(label);
        else watched_.erase(at);
    }
    out_ << (watched_.empty() ? "watching nothing\n" : "watching\n");
    for (const std::string& label : watched_)
        out_ << fmt::format("       {}: {}\n", clipped(derivative_name(trace(), trace().find(label)), 40),
                            gradient_text(stepper_, trace().find(label)));
}

void ExplorerSession::tree() {
    for (std::size_t i = 0; i < trace().nodes.size(); ++i) {
        if (!trace().is_constant(i)) out_ << forward_line(trace(), i) << "\n";
    }
}

void ExplorerSession::source() {
    const TraceNode& n = trace().nodes[current_];
    if (n.file.empty()) {
        out_ << fmt::format("{} has no line: the program did not trace lines\n", clipped(trace().name(current_), 24));
        return;
    }
    out_ << clipped(fmt::format("{}:{}", n.file, n.line), 80) << "\n";
    const auto file = trace().sources.find(n.file);
    if (file == trace().sources.end()) return;
    for (std::uint32_t line = n.line > 2 ? n.line - 2 : 1; line <= n.line + 2; ++line) {
        const auto at = file->second.find(line);
        if (at != file->second.end())
            out_ << clipped(fmt::format("{} {:>5}  {}", line == n.line ? ">" : " ", line, at->second), 80) << "\n";
    }
}

void ExplorerSession::optimize(const Words& words) {
    require(words, 3, 3, "opt sgd|adam LR");
    const bool adam = words[1] == "adam";
    if (!adam && words[1] != "sgd")
        fail<ValueError>("there is no optimizer '{}' here\n  expected sgd or adam", clipped(words[1], 40));
    const double lr = number_of(words[2]);
    if (trace().has_tensors())
        fail<ValueError>(
            "the trace has tensors, which cannot be computed anew here\n  record(training) has every step");
    Trace changed = trace();
    std::vector<Moments> moments = moments_;
    std::string lines;
    for (std::size_t i = 0; i < trace().nodes.size(); ++i) {
        const std::optional<double> g = trace().nodes[i].gradient;
        if (!trace().is_leaf(i) || !g) continue;
        double update = *g;
        if (adam) {
            Moments& m = moments[i];
            m.first = 0.9 * m.first + 0.1 * *g;
            m.second = 0.999 * m.second + 0.001 * *g * *g;
            const int k = updates_ + 1;
            update = m.first / (1 - std::pow(0.9, k)) / (std::sqrt(m.second / (1 - std::pow(0.999, k))) + 1e-8);
        }
        const double x = trace().nodes[i].value - lr * update;
        lines += fmt::format("       {} {:>14} -> {:>14}\n", padded(clipped(trace().name(i), 24), 24),
                             short_number(trace().nodes[i].value), short_number(x));
        set_leaf(changed, i, x);
    }
    moments_ = std::move(moments);
    updates_ += adam ? 1 : 0;
    const double loss = trace().nodes[trace().root].value;
    reset(std::move(changed));
    out_ << lines
         << fmt::format("{} was {}, is {}\n", clipped(trace().name(trace().root), 24), short_number(loss),
                        short_number(trace().nodes[trace().root].value));
}

void ExplorerSession::export_file(const Words& words) {
    require(words, 3, any, "export html|dot|json|latex FILE");
    const Explanation run(trace());
    const std::string& kind = words[1];
    std::string text;
    if (kind == "html") text = page_of(trace());
    else if (kind == "dot") text = run.dot();
    else if (kind == "json") text = run.json();
    else if (kind == "latex") text = run.latex();
    else fail<ValueError>("there is no export '{}'\n  expected html, dot, json or latex", clipped(kind, 50));
    const std::string path = joined(words, 2, words.size());
    write_file("export", path, text);
    out_ << fmt::format("wrote {}\n", clipped(path, 70));
}

} // namespace xg
