// What adds up to an element of a tensor, found by asking the operation's own rule: the cotangent that is 1 at one element
// has the slopes of that element by everything it reads. For a product of two inputs the slope by one is the other, so with
// its positions for numbers the rule answers with positions. No list says which operations are of which form.
#include <explorer/terms_internal.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/error.hpp>

namespace xg {

using namespace detail;

namespace {

using Term = TraceTerms::Term;
using Terms = std::vector<Term>;

class Asker {
public:
    Asker(const TensorGraph& graph, std::size_t item, std::size_t most) : graph_(graph), item_(item), most_(most) {
        const TensorGraph::Item& of = graph.items()[item];
        fits_ = graph.computable(item) && !graph.elementwise(item) && of.value.defined();
        for (const std::size_t from : of.inputs) {
            const Tensor& x = graph.items()[from].value;
            fits_ = fits_ && x.defined();
            if (!fits_) return;
            in_.push_back(is_floating(x.dtype()) ? x.to(float64) : x);
            numbers_.push_back(x.to_vector());
        }
        if (!fits_) return;
        out_ = of.value.to_vector();
        shape_ = of.value.shape();
    }

    TraceTerms all() {
        if (!fits_ || out_.empty() || out_.size() > most_) return {};
        std::vector<std::size_t> elements(out_.size());
        for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = i;
        return first_that_fits(elements);
    }
    TraceTerms one(std::size_t at) { return fits_ ? first_that_fits({at}) : TraceTerms(); }

private:
    using Way = bool (Asker::*)(std::size_t, TraceTerms&);
    static constexpr std::size_t few = 4;

    TraceTerms first_that_fits(const std::vector<std::size_t>& elements) {
        for (const Way way : {&Asker::products, &Asker::weighted, &Asker::normalized, &Asker::extreme}) {
            TraceTerms terms;
            std::size_t count = 0;
            const bool fits = std::all_of(elements.begin(), elements.end(), [&](std::size_t i) {
                if (!answers(way, i, terms)) return false;
                count += terms.of.back().size();
                // Far too many, as the first ones show: an element of padding has fewer terms than others.
                if (terms.of.size() == few && count * elements.size() > 4 * few * most_) count = most_ + 1;
                return count <= most_;
            });
            if (fits) return terms;
            if (count > most_) return {};
        }
        return {};
    }

    // An operation may refuse the numbers that it is asked with, as the inverse of a matrix does.
    bool answers(Way way, std::size_t element, TraceTerms& terms) {
        try {
            return (this->*way)(element, terms);
        } catch (const Error&) { return false; }
    }

    std::vector<Tensor> slopes(std::size_t element, std::span<const Tensor> in) const {
        Tensor unit = full(shape_, 0.0, {.dtype = float64});
        static_cast<double*>(unit.data())[element] = 1;
        return graph_.pull_back(item_, unit, in);
    }
    static Tensor numbered(const Tensor& like) {
        Tensor t = full(like.shape(), 0.0, {.dtype = float64});
        auto* p = static_cast<double*>(t.data());
        for (Index i = 0; i < t.numel(); ++i) p[i] = static_cast<double>(i + 1);
        return t;
    }
    bool gives(std::size_t element, double found, double size) const {
        return std::abs(found - out_[element]) <= 1e-5 * (size + std::abs(out_[element])) + 1e-30;
    }

    bool products(std::size_t element, TraceTerms& terms) {
        if (in_.size() < 2 || in_.size() > 3) return false;
        if (!is_floating(in_[0].dtype()) || !is_floating(in_[1].dtype())) return false;
        std::vector<Tensor> positions = in_;
        positions[1] = numbered(in_[1]);
        const std::vector<Tensor> g = slopes(element, positions);
        if (!g[0].defined() || (in_.size() == 3 && !g[2].defined())) return false;
        Terms list;
        double total = 0, size = 0;
        const std::vector<double> codes = g[0].to_vector();
        for (std::size_t p = 0; p < codes.size(); ++p) {
            if (codes[p] == 0) continue;
            const double q = std::round(codes[p]) - 1;
            if (std::abs(codes[p] - q - 1) > 1e-6 || q < 0 || q >= static_cast<double>(numbers_[1].size()))
                return false;
            const double product = numbers_[0][p] * numbers_[1][static_cast<std::size_t>(q)];
            total += product, size += std::abs(product);
            list.push_back({.input = 0, .at = p, .weight = q});
        }
        if (list.empty()) return false;
        if (in_.size() == 3) {
            const std::vector<double> b = g[2].to_vector();
            const auto at = std::find(b.begin(), b.end(), 1.0);
            if (at == b.end() || std::count(b.begin(), b.end(), 0.0) + 1 != static_cast<std::ptrdiff_t>(b.size()))
                return false;
            terms.at.push_back(static_cast<std::size_t>(at - b.begin()));
            total += numbers_[2][terms.at.back()], size += std::abs(numbers_[2][terms.at.back()]);
        }
        if (!gives(element, total, size)) return false;
        terms.form = "products";
        terms.of.push_back(std::move(list));
        return true;
    }

    // Linear: the slopes are the same elsewhere, and they alone make the value.
    bool weighted(std::size_t element, TraceTerms& terms) {
        const std::vector<Tensor> g = slopes(element, in_);
        std::vector<Tensor> elsewhere = in_;
        for (std::size_t i = 0; i < in_.size(); ++i) {
            if (is_floating(in_[i].dtype())) elsewhere[i] = numbered(in_[i]);
        }
        const std::vector<Tensor> other = slopes(element, elsewhere);
        Terms list;
        double total = 0, size = 0;
        for (std::size_t i = 0; i < g.size(); ++i) {
            if (!g[i].defined()) continue;
            const std::vector<double> weights = g[i].to_vector();
            if (!other[i].defined() || other[i].to_vector() != weights) return false;
            for (std::size_t p = 0; p < weights.size(); ++p) {
                if (weights[p] == 0) continue;
                total += weights[p] * numbers_[i][p], size += std::abs(weights[p] * numbers_[i][p]);
                list.push_back({.input = i, .at = p, .weight = weights[p]});
            }
        }
        if (!gives(element, total, size)) return false; // an entry of padding is the sum of nothing
        terms.form = "weighted";
        terms.of.push_back(std::move(list));
        return true;
    }

    // What an element of a function of one input reads: where all entries are equal, no slope is lost to underflow.
    Terms reads(std::size_t element) const {
        Terms list;
        if (in_.size() != 1) return list;
        const std::vector<Tensor> equal{full(in_[0].shape(), 0.0, {.dtype = float64})};
        const std::vector<double> g = slopes(element, equal)[0].to_vector();
        for (std::size_t p = 0; p < g.size(); ++p) {
            if (g[p] != 0) list.push_back({.input = 0, .at = p});
        }
        return list;
    }
    bool normalized(std::size_t element, TraceTerms& terms) {
        const std::string& op = graph_.items()[item_].op;
        if ((op != "softmax" && op != "log_softmax") || in_[0].numel() != static_cast<Index>(out_.size())) return false;
        Terms list = reads(element);
        double top = -HUGE_VAL, total = 0;
        for (const Term& t : list) top = std::max(top, numbers_[0][t.at]);
        for (const Term& t : list) total += std::exp(numbers_[0][t.at] - top);
        const double logarithm = numbers_[0][element] - top - std::log(total);
        if (list.empty() || !gives(element, op == "softmax" ? std::exp(logarithm) : logarithm, 1e-3)) return false;
        terms.form = op;
        terms.at.push_back(element);
        terms.of.push_back(std::move(list));
        return true;
    }
    bool extreme(std::size_t element, TraceTerms& terms) {
        Terms list = reads(element);
        if (list.empty()) return false;
        double low = HUGE_VAL, high = -HUGE_VAL;
        for (const Term& t : list) {
            low = std::min(low, numbers_[0][t.at]);
            high = std::max(high, numbers_[0][t.at]);
        }
        if (out_[element] != low && out_[element] != high) return false;
        const std::string form = out_[element] == high ? "largest" : "smallest";
        if (low != high && !terms.form.empty() && terms.form != form) return false;
        if (low != high || terms.form.empty()) terms.form = form;
        terms.of.push_back(std::move(list));
        return true;
    }

    const TensorGraph& graph_;
    const std::size_t item_, most_;
    bool fits_ = false;
    std::vector<Tensor> in_;
    std::vector<std::vector<double>> numbers_;
    std::vector<double> out_;
    Shape shape_;
};

} // namespace

TraceTerms detail::terms_of(const TensorGraph& graph, std::size_t item, std::size_t most) {
    TraceTerms terms = Asker(graph, item, most).all();
    const auto elements = static_cast<std::size_t>(graph.items()[item].shape.numel());
    if (!terms.form.empty() || graph.elementwise(item) || elements == 0 || elements > most) return terms;
    std::vector<std::size_t> all(elements);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    return operations_of(graph, item, all, most);
}
TraceTerms detail::terms_of_element(const TensorGraph& graph, std::size_t item, std::size_t at, std::size_t most) {
    TraceTerms terms = Asker(graph, item, most).one(at);
    return terms.form.empty() ? operations_of(graph, item, {&at, 1}, most) : terms;
}

} // namespace xg
