#include <autograd/debug/gradcheck.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {

std::string GradcheckReport::text() const {
    constexpr std::size_t shown = 5;
    if (mistakes.empty()) return fmt::format("{} derivatives agree with their differences", compared);
    std::string out = fmt::format("{} of {} derivatives differ from what the function does", mistakes.size(), compared);
    for (std::size_t i = 0; i < std::min(shown, mistakes.size()); ++i) {
        const Mistake& m = mistakes[i];
        out += fmt::format("\n  input {} at [{}], result {} at [{}]: {} mode gives {:.10g}, differences give {:.10g}",
                           m.input, fmt::join(m.index, ", "), m.output, fmt::join(m.output_index, ", "), m.mode,
                           m.derivative, m.difference);
    }
    if (mistakes.size() > shown) out += fmt::format("\n  and {} more", mistakes.size() - shown);
    return out;
}

namespace detail {
namespace {

using Tensors = std::vector<Tensor>;

std::vector<Index> position(Index flat, const Shape& shape) {
    std::vector<Index> at(static_cast<std::size_t>(shape.rank()));
    for (int i = shape.rank() - 1; i >= 0; --i) {
        at[static_cast<std::size_t>(i)] = flat % shape[i];
        flat /= shape[i];
    }
    return at;
}

// The inputs by which is differentiated; the others stay as they are.
struct Differentiated {
    const ListFunction& f;
    const Tensors& xs;
    std::vector<std::size_t> which;

    Tensors inputs() const {
        Tensors out;
        for (const std::size_t i : which) out.push_back(xs[i].detach());
        return out;
    }
    Tensors operator()(const Tensors& in) const {
        Tensors all = xs;
        for (std::size_t k = 0; k < which.size(); ++k) all[which[k]] = in[k];
        return f(all);
    }
};

Differentiated differentiated(const char* name, const ListFunction& f, const Tensors& xs) {
    Differentiated d{f, xs, {}};
    for (std::size_t i = 0; i < xs.size(); ++i) {
        require_defined(name, xs[i]);
        if (!is_floating(xs[i].dtype())) continue;
        if (xs[i].dtype() != DType::float64) {
            fail<DTypeError>(
                "{}: input {} is {}, whose differences have too few digits to judge by\n  expected float64; "
                "x.to(float64) converts",
                name, i, name_of(xs[i].dtype()));
        }
        d.which.push_back(i);
    }
    if (d.which.empty()) fail<ValueError>("{}: no input is floating point\n  expected one to differentiate by", name);
    return d;
}

using Numbers = std::vector<double>;

// The results one after the other.
Numbers flat(const Tensors& ys) {
    Numbers out;
    for (const Tensor& y : ys) {
        const auto values = y.to_vector<double>();
        out.insert(out.end(), values.begin(), values.end());
    }
    return out;
}

Numbers central_difference(const Differentiated& f, const Tensors& xs, std::size_t input, Index entry, double step) {
    Numbers values = xs[input].to_vector<double>();
    double& x = values[static_cast<std::size_t>(entry)];
    const double x0 = x, h = step * std::max(1.0, std::abs(x0));
    const auto at = [&](double moved) {
        x = moved;
        Tensors in = xs;
        in[input] = from_vector(values, xs[input].shape());
        return flat(no_grad([&] { return f(in); }));
    };
    const Numbers a = at(x0 + h), b = at(x0 - h), c = at(x0 + 2 * h), d = at(x0 - 2 * h);
    Numbers out(a.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = (8 * (a[i] - b[i]) - (c[i] - d[i])) / (12 * h);
    return out;
}

struct Judge {
    const GradcheckOptions& options;
    GradcheckReport report;
    Tensors ys;

    void compare(const char* mode, std::size_t input, std::vector<Index> index, std::size_t result, double derivative,
                 double difference) {
        ++report.compared;
        const double bound = options.atol + options.rtol * std::max(std::abs(derivative), std::abs(difference));
        const bool both_nan = std::isnan(derivative) && std::isnan(difference);
        if (both_nan || std::abs(derivative - difference) <= bound) return;
        std::size_t output = 0;
        auto entry = static_cast<Index>(result);
        while (entry >= ys[output].numel()) entry -= ys[output++].numel();
        report.mistakes.push_back(
            {mode, input, output, std::move(index), position(entry, ys[output].shape()), derivative, difference});
    }
    void sort() {
        const auto off = [](const GradcheckReport::Mistake& m) {
            const double by = std::abs(m.derivative - m.difference);
            return std::isnan(by) ? std::numeric_limits<double>::infinity() : by;
        };
        std::stable_sort(report.mistakes.begin(), report.mistakes.end(),
                         [&](const auto& a, const auto& b) { return off(a) > off(b); });
    }
};

// rows[result][input][entry], in reverse.
std::vector<std::vector<Numbers>> rows_of(const Pullback& pullback, const Tensors& ys) {
    std::vector<std::vector<Numbers>> rows;
    for (std::size_t i = 0; i < ys.size(); ++i) {
        for (Index entry = 0; entry < ys[i].numel(); ++entry) {
            Tensors cotangents;
            for (const Tensor& y : ys) cotangents.push_back(zeros_like(y));
            Numbers unit(static_cast<std::size_t>(ys[i].numel()), 0.0);
            unit[static_cast<std::size_t>(entry)] = 1;
            cotangents[i] = from_vector(unit, ys[i].shape()).to(ys[i].dtype());
            std::vector<Numbers> row;
            for (const Tensor& g : pullback(cotangents)) row.push_back(g.to_vector<double>());
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

Numbers column(const Differentiated& f, const Tensors& xs, std::size_t input, Index entry, Site site) {
    Tensors tangents;
    for (const Tensor& x : xs) tangents.push_back(zeros_like(x));
    Numbers unit(static_cast<std::size_t>(xs[input].numel()), 0.0);
    unit[static_cast<std::size_t>(entry)] = 1;
    tangents[input] = from_vector(unit, xs[input].shape());
    return flat(jvp_list([&](const Tensors& in) { return f(in); }, xs, tangents, site).second);
}

GradcheckReport judged(const char* name, GradcheckReport report, const GradcheckOptions& options, Site site) {
    if (options.raise && !report) {
        const CallSite here(site);
        fail<GraphError>("{}: {}", name, report.text());
    }
    return report;
}

} // namespace

GradcheckReport gradcheck_list(const char* name, const ListFunction& f, const std::vector<Tensor>& xs,
                               const GradcheckOptions& options, Site site) {
    const Differentiated g = [&] {
        const CallSite here(site);
        return differentiated(name, f, xs);
    }();
    const Tensors in = g.inputs();
    const Pullback pullback(
        name, [&](const Tensors& at) { return g(at); }, in, site);
    Judge judge{options, {}, {}};
    for (const Tensor& y : pullback.values()) judge.ys.push_back(y.detach());
    const auto rows = rows_of(pullback, judge.ys);
    for (std::size_t k = 0; k < in.size(); ++k) {
        for (Index entry = 0; entry < in[k].numel(); ++entry) {
            const Numbers differences = central_difference(g, in, k, entry, options.step);
            const auto index = position(entry, in[k].shape());
            const Numbers forward = options.forward ? column(g, in, k, entry, site) : Numbers();
            for (std::size_t i = 0; i < differences.size(); ++i) {
                judge.compare("reverse", g.which[k], index, i, rows[i][k][static_cast<std::size_t>(entry)],
                              differences[i]);
                if (options.forward) judge.compare("forward", g.which[k], index, i, forward[i], differences[i]);
            }
        }
    }
    judge.sort();
    return judged(name, std::move(judge.report), options, site);
}

GradcheckReport gradgradcheck_list(const ListFunction& f, const std::vector<Tensor>& xs,
                                   const GradcheckOptions& options, Site site) {
    const Differentiated g = [&] {
        const CallSite here(site);
        return differentiated("gradgradcheck", f, xs);
    }();
    Tensors in = g.inputs();
    const std::size_t n = in.size();
    double next = 0.4; // cotangents without a pattern, none near 0
    for (const Tensor& y : no_grad([&] { return f(xs); })) {
        Numbers u(static_cast<std::size_t>(y.numel()));
        for (double& v : u) v = 0.25 + (next = std::fmod(next + 0.6180339887, 1.0));
        in.push_back(from_vector(u, y.shape()));
    }
    const ListFunction gradients = [&](const Tensors& at) {
        const auto split = at.begin() + static_cast<std::ptrdiff_t>(n);
        const Pullback pullback(
            "gradgradcheck", [&](const Tensors& x) { return g(x); }, {at.begin(), split}, site);
        return pullback({split, at.end()});
    };
    return gradcheck_list("gradgradcheck", gradients, in, options, site);
}

} // namespace detail
} // namespace xg
