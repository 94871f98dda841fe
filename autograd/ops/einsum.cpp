#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/contraction.hpp>
#include <autograd/ops/linalg.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

// Axes have names: letters, and for those of an ellipsis, counted from the last one, the numbers below.
using Name = int;
using Names = std::vector<Name>;
constexpr Name last_of_ellipsis = 1000;

bool has(const Names& names, Name n) { return std::find(names.begin(), names.end(), n) != names.end(); }

struct Term {
    Tensor x;
    Names names;
};

// Reading the equation -----------------------------------------------------------------------------------------------------

[[noreturn]] void refuse(std::string_view equation, const std::string& what) {
    fail<ValueError>(
        "einsum: in \"{}\" {}\n  expected operands as letters or `...`, joined by commas, and perhaps `->` "
        "and the result's",
        equation, what);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The names of one side's term; `rank` is how many axes the ellipsis stands in for, with the letters.
Names names_of(std::string_view equation, std::string_view text, int ellipsis) {
    Names names;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == ' ') continue;
        if (text.substr(i, 3) == "...") {
            if (ellipsis < 0) refuse(equation, "`...` occurs twice in one operand, or only in the result");
            for (int k = ellipsis; k > 0; --k) names.push_back(last_of_ellipsis - k);
            ellipsis = -1;
            i += 2;
        } else if (is_letter(c)) {
            names.push_back(c);
        } else {
            refuse(equation, fmt::format("there is '{}'", c));
        }
    }
    return names;
}

int letters_in(std::string_view equation, std::string_view text) {
    int letters = 0;
    for (const char c : text) {
        if (is_letter(c)) ++letters;
        else if (c != ' ' && c != '.') refuse(equation, fmt::format("there is '{}'", c));
    }
    return letters;
}

std::vector<std::string_view> split_at_commas(std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0;;) {
        const std::size_t end = text.find(',', begin);
        parts.push_back(text.substr(begin, end == text.npos ? text.npos : end - begin));
        if (end == text.npos) return parts;
        begin = end + 1;
    }
}

// What is summed: letters that occur once remain, in alphabetical order, after the ellipsis.
Names implicit_result(const std::vector<Term>& terms) {
    std::map<Name, int> count;
    for (const Term& t : terms) {
        for (const Name n : t.names) ++count[n];
    }
    Names ellipsis, letters;
    for (const auto& [name, times] : count) {
        if (name >= last_of_ellipsis - 100) ellipsis.push_back(name);
        else if (times == 1) letters.push_back(name);
    }
    ellipsis.insert(ellipsis.end(), letters.begin(), letters.end());
    return ellipsis;
}

struct Parsed {
    std::vector<Term> terms;
    Names result;
};

Parsed parse(std::string_view equation, const std::vector<Tensor>& operands) {
    const std::size_t arrow = equation.find("->");
    const auto texts = split_at_commas(equation.substr(0, arrow));
    if (texts.size() != operands.size()) {
        refuse(equation, fmt::format("{} operands are named and {} were given", texts.size(), operands.size()));
    }
    Parsed parsed;
    int widest = -1;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const bool dots = texts[i].find("...") != texts[i].npos;
        const int letters = letters_in(equation, texts[i]), extra = operands[i].rank() - letters;
        if (extra < 0 || (extra > 0 && !dots)) {
            fail<ShapeError>("einsum: operand {} of \"{}\" has shape {}\n  expected {}{} axes for \"{}\"", i, equation,
                             operands[i].shape().str(), dots ? "at least " : "", letters, texts[i]);
        }
        if (dots) widest = std::max(widest, extra);
        parsed.terms.push_back({operands[i], names_of(equation, texts[i], dots ? extra : -1)});
    }
    if (arrow == equation.npos) {
        parsed.result = implicit_result(parsed.terms);
        return parsed;
    }
    parsed.result = names_of(equation, equation.substr(arrow + 2), widest);
    for (std::size_t i = 0; i < parsed.result.size(); ++i) {
        const Name n = parsed.result[i];
        if (std::count(parsed.result.begin(), parsed.result.end(), n) > 1) {
            refuse(equation, fmt::format("'{}' occurs twice in the result", static_cast<char>(n)));
        }
        const bool known =
            std::any_of(parsed.terms.begin(), parsed.terms.end(), [n](const Term& t) { return has(t.names, n); });
        if (!known) refuse(equation, fmt::format("'{}' of the result is in no operand", static_cast<char>(n)));
    }
    return parsed;
}

// Contracting --------------------------------------------------------------------------------------------------------------

Index size_of(const Term& t, Name n) {
    for (std::size_t i = 0; i < t.names.size(); ++i) {
        if (t.names[i] == n) return t.x.shape()[static_cast<int>(i)];
    }
    return 1;
}

// A letter twice in one operand: its diagonal.
void take_diagonals(std::string_view equation, Term& t) {
    for (std::size_t i = 0; i < t.names.size(); ++i) {
        for (std::size_t j = i + 1; j < t.names.size(); ++j) {
            if (t.names[i] != t.names[j]) continue;
            const int a = static_cast<int>(i), b = static_cast<int>(j);
            if (t.x.shape()[a] != t.x.shape()[b]) {
                fail<ShapeError>("einsum: '{}' of \"{}\" is {} and {} in one operand of shape {}\n  expected one size",
                                 static_cast<char>(t.names[i]), equation, t.x.shape()[a], t.x.shape()[b],
                                 t.x.shape().str());
            }
            t.x = diagonal(t.x, 0, a, b);
            const Name n = t.names[i];
            t.names.erase(t.names.begin() + b);
            t.names.erase(t.names.begin() + a);
            t.names.push_back(n);
            return take_diagonals(equation, t);
        }
    }
}

// Sizes must agree; those of an ellipsis broadcast, and so do letters of size 1.
std::map<Name, Index> sizes_of(std::string_view equation, const std::vector<Term>& terms) {
    std::map<Name, Index> sizes;
    for (const Term& t : terms) {
        for (const Name n : t.names) {
            const Index size = size_of(t, n);
            const auto [at, fresh] = sizes.try_emplace(n, size);
            if (fresh || at->second == size || size == 1) continue;
            if (at->second != 1) {
                const std::string name = n < 256 ? std::string(1, static_cast<char>(n)) : "...";
                fail<ShapeError>("einsum: '{}' of \"{}\" is {} in one operand and {} in another\n  expected one size",
                                 name, equation, at->second, size);
            }
            at->second = size;
        }
    }
    return sizes;
}

Term ordered(const Term& t, const Names& names) {
    Axes order = Axes::none();
    Names rest = t.names;
    for (const Name n : names) {
        const auto at = std::find(t.names.begin(), t.names.end(), n);
        if (at != t.names.end()) order.push_back(at - t.names.begin());
    }
    Shape shape;
    std::size_t next = 0;
    for (const Name n : names)
        shape.push_back(has(t.names, n) ? t.x.shape()[static_cast<int>(order[static_cast<int>(next++)])] : 1);
    return {reshape(permute(t.x, order), shape), names};
}

// Axes of one operand alone that nobody else wants, summed away.
void sum_away(Term& t, const Names& wanted) {
    Axes axes = Axes::none();
    Names rest;
    for (std::size_t i = 0; i < t.names.size(); ++i) {
        if (has(wanted, t.names[i])) rest.push_back(t.names[i]);
        else axes.push_back(static_cast<Index>(i));
    }
    if (axes.size() > 0) t.x = sum(t.x, axes);
    t.names = rest;
}

Index product(const std::map<Name, Index>& sizes, const Names& names) {
    Index n = 1;
    for (const Name name : names) n *= sizes.at(name);
    return n;
}

// The names of a pair's result, in the order of the matrix product: shared and wanted, a's own, b's own.
struct Plan {
    Names batch, rows, columns, summed;
};
Plan plan(const Term& a, const Term& b, const Names& wanted) {
    Plan p;
    for (const Name n : a.names) {
        if (has(b.names, n)) (has(wanted, n) ? p.batch : p.summed).push_back(n);
        else p.rows.push_back(n);
    }
    for (const Name n : b.names) {
        if (!has(a.names, n)) p.columns.push_back(n);
    }
    return p;
}

Names joined(std::initializer_list<const Names*> lists) {
    Names all;
    for (const Names* l : lists) all.insert(all.end(), l->begin(), l->end());
    return all;
}

Shape sizes_for(const std::map<Name, Index>& sizes, const Names& names) {
    Shape s;
    for (const Name n : names) s.push_back(sizes.at(n));
    return s;
}

// Operands that have size 1 where others do not are repeated along that axis, if it is shared.
Tensor laid_out(const Term& t, const std::map<Name, Index>& sizes, const Names& batch, const Names& first,
                const Names& second) {
    const Names order = joined({&batch, &first, &second});
    const Shape full = sizes_for(sizes, order);
    const Tensor x = expand_to(ordered(t, order).x, full);
    Shape folded = sizes_for(sizes, batch);
    folded.push_back(product(sizes, first));
    folded.push_back(product(sizes, second));
    return reshape(x, folded);
}

Term contract(const Term& a, const Term& b, const Names& wanted, const std::map<Name, Index>& sizes) {
    const Plan p = plan(a, b, wanted);
    const Tensor left = laid_out(a, sizes, p.batch, p.rows, p.summed);
    const Tensor right = laid_out(b, sizes, p.batch, p.summed, p.columns);
    const Tensor y = p.summed.empty() ? left * right : matmul(left, right);
    const Names names = joined({&p.batch, &p.rows, &p.columns});
    return {reshape(y, sizes_for(sizes, names)), names};
}

// The pair whose product leaves least, compared with what it uses up (the greedy rule of opt_einsum).
std::pair<std::size_t, std::size_t> best_pair(const std::vector<Term>& terms, const Names& result,
                                              const std::map<Name, Index>& sizes) {
    std::pair<std::size_t, std::size_t> best{0, 1};
    std::optional<double> least;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        for (std::size_t j = i + 1; j < terms.size(); ++j) {
            Names wanted = result;
            for (std::size_t k = 0; k < terms.size(); ++k) {
                if (k != i && k != j) wanted.insert(wanted.end(), terms[k].names.begin(), terms[k].names.end());
            }
            const Plan p = plan(terms[i], terms[j], wanted);
            const double left = static_cast<double>(product(sizes, joined({&p.batch, &p.rows, &p.columns})));
            const double cost = left - static_cast<double>(product(sizes, terms[i].names)) -
                                static_cast<double>(product(sizes, terms[j].names));
            if (!least || cost < *least) least = cost, best = {i, j};
        }
    }
    return best;
}

Names wanted_beside(const std::vector<Term>& terms, std::size_t i, std::size_t j, const Names& result) {
    Names wanted = result;
    for (std::size_t k = 0; k < terms.size(); ++k) {
        if (k != i && k != j) wanted.insert(wanted.end(), terms[k].names.begin(), terms[k].names.end());
    }
    return wanted;
}

struct Einsum {
    static constexpr OpDoc doc{
        .name = "einsum",
        .formula = "the sum of products over the letters that are not in the result",
        .derivative = "einsum of g with the other operands",
        .edges = "diagonals of repeated letters; `...` broadcasts; an empty sum is 0",
        .numpy = "einsum",
        .torch = "einsum",
        .onnx = "Einsum",
        .snippet = "einsum(\"ij,j->i\", {tensor({{1, 2}, {3, 4}}), tensor({1, 1})})  // [3. 7.]"};
    static Tensor compose(std::string_view equation, const std::vector<Tensor>& operands) {
        DType common = DType::boolean;
        for (const Tensor& t : operands) {
            require_defined("einsum", t);
            common = promote(common, t.dtype());
        }
        auto [terms, result] = parse(equation, operands);
        for (Term& t : terms) {
            t.x = t.x.to(common); // once, so that no order of sums rounds an operand's share early
            take_diagonals(equation, t);
        }
        const auto sizes = sizes_of(equation, terms);
        for (std::size_t i = 0; i < terms.size(); ++i) sum_away(terms[i], wanted_beside(terms, i, i, result));
        while (terms.size() > 1) {
            const auto [i, j] = best_pair(terms, result, sizes);
            Term pair = contract(terms[i], terms[j], wanted_beside(terms, i, j, result), sizes);
            terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(j));
            terms[i] = std::move(pair);
            sum_away(terms[i], wanted_beside(terms, i, i, result));
        }
        const Term last = ordered(terms[0], result);
        return expand_to(last.x, sizes_for(sizes, result));
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     einsum("ij,jk->ik", {zeros({2, 3}), zeros({4, 5})});
                 },
                 "ShapeError", "'j'"},
                {[] { einsum("ij->ij", {zeros({2})}); }, "ShapeError", "2 axes"},
                {[] { einsum("i,i", {zeros({2})}); }, "ValueError", "2 operands are named and 1"},
                {[] {
                     einsum("i1->i", {zeros({2, 3})});
                 },
                 "ValueError", "'1'"},
                {[] { einsum("i-j", {zeros({2})}); }, "ValueError", "there is '-'"},
                {[] { einsum("i->j", {zeros({2})}); }, "ValueError", "'j' of the result"},
                {[] { einsum("i->ii", {zeros({2})}); }, "ValueError", "twice in the result"},
                {[] {
                     einsum("ii->i", {zeros({2, 3})});
                 },
                 "ShapeError", "2 and 3"},
                {[] {
                     einsum("......->", {zeros({2, 3})});
                 },
                 "ValueError", "twice"},
                {[] { einsum("i->", {Tensor()}); }, "StateError", "undefined"}};
    }
};

// Every term of the sum, one after the other: a letter's value for each axis.
Tensor by_definition(std::string_view inputs, std::string_view output, In in) {
    std::map<char, Index> size;
    const auto texts = split_at_commas(inputs);
    for (std::size_t k = 0; k < texts.size(); ++k) {
        for (std::size_t i = 0; i < texts[k].size(); ++i) size[texts[k][i]] = in[k].shape()[static_cast<int>(i)];
    }
    std::string letters(output);
    for (const auto& [letter, n] : size) {
        if (letters.find(letter) == letters.npos) letters.push_back(letter);
    }
    Shape all, out;
    for (const char c : letters) all.push_back(size[c]);
    for (const char c : output) out.push_back(size[c]);
    std::vector<Reader> readers;
    for (const Tensor& t : in) readers.emplace_back(t);
    std::vector<double> totals(static_cast<std::size_t>(out.numel()));
    tabulate(all, [&](const Position& at) {
        double product = 1;
        for (std::size_t k = 0; k < texts.size(); ++k) {
            Position from;
            for (const char c : texts[k]) from.push_back(at[letters.find(c)]);
            product *= readers[k](from);
        }
        Index to = 0;
        for (std::size_t i = 0; i < output.size(); ++i) to = to * out[static_cast<int>(i)] + at[i];
        totals[static_cast<std::size_t>(to)] += product;
        return 0.0;
    });
    return from_vector(totals, out);
}

std::vector<Sample> Einsum::samples() {
    struct Case {
        const char* equation;
        std::vector<Shape> shapes;
        const char *inputs, *output; // the same without `...` and with the result
    };
    const Case cases[] = {
        {"ij,jk->ik", {{2, 3}, {3, 4}}, "ij,jk", "ik"},
        {"ij,jk", {{2, 3}, {3, 4}}, "ij,jk", "ik"},
        {"ij,jk->ki", {{2, 3}, {3, 4}}, "ij,jk", "ki"},
        {"bij,bjk->bik", {{2, 3, 4}, {2, 4, 5}}, "bij,bjk", "bik"},
        {"bhqd,bhkd->bhqk", {{2, 2, 3, 4}, {2, 2, 5, 4}}, "bhqd,bhkd", "bhqk"},
        {"ij->ji", {{2, 3}}, "ij", "ji"},
        {"ijk->", {{2, 3, 4}}, "ijk", ""},
        {"ijk->k", {{2, 3, 4}}, "ijk", "k"},
        {"ii->i", {{3, 3}}, "ii", "i"},
        {"ii", {{3, 3}}, "ii", ""},
        {"iji->ji", {{3, 2, 3}}, "iji", "ji"},
        {"i,i->", {{4}, {4}}, "i,i", ""},
        {"i,j->ij", {{3}, {4}}, "i,j", "ij"},
        {"ij,ij->ij", {{2, 3}, {2, 3}}, "ij,ij", "ij"},
        {"ij,k->i", {{2, 3}, {4}}, "ij,k", "i"},
        {"ij,jk,kl->il", {{2, 3}, {3, 4}, {4, 2}}, "ij,jk,kl", "il"},
        {"ij,jk,ki->", {{2, 3}, {3, 4}, {4, 2}}, "ij,jk,ki", ""},
        {"i,ij,jk,k->", {{2}, {2, 3}, {3, 4}, {4}}, "i,ij,jk,k", ""},
        {"bi,oi,bo->b", {{2, 3}, {4, 3}, {2, 4}}, "bi,oi,bo", "b"},
        {"...ij,...jk->...ik", {{2, 3, 4}, {2, 4, 5}}, "bij,bjk", "bik"},
        {"...ij,jk->...ik", {{2, 3, 4}, {4, 5}}, "bij,jk", "bik"},
        {"...i->...", {{2, 3, 4}}, "abi", "ab"},
        {"i...->...i", {{2, 3, 4}}, "iab", "abi"},
        {"...ij->ij", {{2, 3, 4}}, "bij", "ij"},
        {",ij->ij", {{}, {2, 3}}, ",ij", "ij"},
        {"->", {{}}, "", ""},
        {"ij,jk->ik", {{0, 3}, {3, 2}}, "ij,jk", "ik"},
        {"ij,jk->ik", {{2, 0}, {0, 3}}, "ij,jk", "ik"},
        {"ij,jk->ik", {{1, 3}, {3, 1}}, "ij,jk", "ik"},
        {"i j , jk -> ik", {{2, 3}, {3, 4}}, "ij,jk", "ik"},
        {"Ba,aB->B", {{2, 3}, {3, 2}}, "Ba,aB", "B"},
    };
    std::vector<Sample> samples;
    for (const Case& c : cases) {
        std::vector<Tensor> inputs;
        for (const Shape& s : c.shapes) inputs.push_back(spread_tensor(s, -1, 2, 3 * static_cast<int>(inputs.size())));
        samples.push_back(sample(
            std::string(c.equation) + " " + c.shapes[0].str(), inputs,
            [c](In in) {
                return einsum(c.equation, {in.begin(), in.end()});
            },
            [c](In in) { return by_definition(c.inputs, c.output, in); }));
    }
    // Sizes of 1 broadcast under an ellipsis.
    samples.push_back(sample(
        "broadcast", {spread_tensor({3, 1, 2}), spread_tensor({4, 2}, 0, 1, 5)},
        [](In in) {
            return einsum("...i,...i->...", {in[0], in[1]});
        },
        [](In in) {
            const Reader a(in[0]), b(in[1]);
            return tabulate({3, 4}, [&](const Position& at) {
                return a({at[0], 0, 0}) * b({at[1], 0}) + a({at[0], 0, 1}) * b({at[1], 1});
            });
        }));
    samples.push_back(sample(
        "one operand twice", {spread_tensor({3, 2})},
        [](In in) {
            return einsum("ij,ik->jk", {in[0], in[0]});
        },
        [](In in) {
            return by_definition("ij,ik", "jk", std::vector{in[0], in[0]});
        }));
    return samples;
}

} // namespace

Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands, Site site) {
    const CallSite here(site);
    return Einsum::compose(equation, operands);
}

std::span<const OpEntry* const> einsum_ops() {
    static constexpr std::array ops{&entry<Einsum>()};
    return ops;
}

} // namespace xg
