// Tensors in the JSON of a trace, and the terms of their elements: docs/explorer/trace-format.md.
#include <explorer/tensor_json_internal.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include <explorer/evaluate_internal.hpp>
#include <explorer/notation_internal.hpp>
#include <explorer/statistics_internal.hpp>

namespace xg::detail {

using json = nlohmann::json;

namespace {

constexpr const char* usual_dtype = "float32"; // is not written

// A float32 has its own shorter digits, which as a double are another number and as a float32 the same.
json entry(double x, bool single) {
    if (!single || !std::isfinite(x)) return json_number(x);
    return json_number(std::stod(fmt::format("{}", static_cast<float>(x))));
}

json values_json(const TraceTensor& t) {
    json values = json::array();
    for (const double x : t.values) values.push_back(entry(x, t.dtype == "float32"));
    return values;
}

json statistics_json(const TraceTensor::Statistics& s) {
    return {{"min", json_number(s.min)},   {"max", json_number(s.max)}, {"mean", json_number(s.mean)},
            {"norm", json_number(s.norm)}, {"zeros", s.zeros},          {"bad", s.bad}};
}

TraceTensor::Statistics read_statistics(const JsonReader& reader, const json& s, const std::string& where) {
    const auto of = [&](const char* key) { return reader.real(reader.member(s, key, where), where); };
    const auto count = [&](const char* key) { return reader.count(reader.member(s, key, where), where); };
    return {.min = of("min"),
            .max = of("max"),
            .mean = of("mean"),
            .norm = of("norm"),
            .zeros = count("zeros"),
            .bad = count("bad")};
}

TraceTensor read_tensor(const JsonReader& reader, const json& x, const std::vector<TraceTensor>& earlier) {
    const std::string where = fmt::format("tensor {}", earlier.size());
    if (!x.is_object()) reader.refuse(where + " is no object");
    TraceTensor t;
    t.dtype = x.contains("dtype") ? reader.text(x, "dtype", where) : usual_dtype;
    t.shape = reader.sizes(x, where);
    const std::int64_t every = x.contains("every") ? reader.integer(x, "every", where) : 1;
    if (every < 1) reader.refuse("\"every\" of " + where + " is below 1");
    t.every = static_cast<std::size_t>(every);
    const json& values = reader.member(x, "values", where);
    if (values.is_number_unsigned()) {
        const auto from = values.get<std::size_t>();
        if (from >= earlier.size()) reader.refuse(fmt::format("{} names tensor {}, which is missing", where, from));
        t.values = earlier[from].values;
    } else {
        for (const json& v : reader.list(x, "values", where)) {
            const double number = reader.real(v, "an entry of " + where);
            t.values.push_back(t.dtype == "float32" ? static_cast<double>(static_cast<float>(number)) : number);
        }
    }
    const std::size_t size = t.size(), expected = size / t.every + (size % t.every != 0);
    if (t.values.size() != expected)
        reader.refuse(fmt::format("{} of shape {} has {} numbers", where, shape_text(t.shape), t.values.size()));
    if (x.contains("statistics")) t.statistics = read_statistics(reader, x["statistics"], where);
    else if (t.complete()) t.statistics = statistics_of(t.values);
    else reader.refuse(fmt::format("{} is a sample and has no \"statistics\"", where));
    return t;
}

json to_json(const TraceTerms::Operation& o) {
    using Reads = TraceTerms::Operation::Reads;
    json in = json::array();
    for (const TraceTerms::Operation::Operand& x : o.in) {
        if (x.what == Reads::operation) in.push_back(x.at);
        else if (x.what == Reads::entry) in.push_back(json::array({x.input, x.at}));
        else in.push_back({{"number", json_number(x.number)}});
    }
    json out = {{"op", o.op}, {"in", std::move(in)}};
    if (!o.label.empty()) out["label"] = o.label;
    return out;
}

json to_json(const TraceTerms::Term& t, const std::string& form, std::size_t inputs) {
    if (form == "products") return {t.at, static_cast<std::size_t>(t.weight)};
    if (form != "weighted") return t.at;
    if (inputs > 1) return {t.input, t.at, json_number(t.weight)};
    if (t.weight == 1) return t.at;
    return {t.at, json_number(t.weight)};
}

class TermsReader {
public:
    TermsReader(const JsonReader& reader, const std::string& where) : reader_(reader), where_(where) {}

    TraceTerms read(const json& of) const {
        TraceTerms found;
        found.form = reader_.text(of, "form", where_);
        constexpr std::array forms = {"products", "weighted", "softmax", "log_softmax", "largest", "smallest"};
        const json& lists = reader_.list(of, "of", where_);
        if (found.form == "operations") {
            for (const json& list : lists) found.operations.push_back(operations(list));
            return found;
        }
        if (std::find(forms.begin(), forms.end(), found.form) == forms.end()) damaged();
        const bool adds_up = found.form == "products" || found.form == "weighted"; // nothing adds up to 0
        for (const json& list : lists) {
            auto& one = found.of.emplace_back();
            if (!list.is_array()) one.push_back(term(list, found.form));
            else
                for (const json& t : list) one.push_back(term(t, found.form));
            if (one.empty() && !adds_up) damaged();
        }
        const char* beside = found.form == "products" ? "bias" : "at";
        if (of.contains(beside)) {
            for (const json& at : reader_.list(of, beside, where_)) found.at.push_back(count(at));
        }
        const bool needed = found.form == "softmax" || found.form == "log_softmax";
        if ((needed || !found.at.empty()) && found.at.size() != found.of.size()) damaged();
        return found;
    }

private:
    [[noreturn]] void damaged() const { reader_.refuse("the terms of " + where_ + " are damaged"); }
    std::size_t count(const json& x) const {
        if (!x.is_number_unsigned()) damaged();
        return x.get<std::size_t>();
    }

    TraceTerms::Term term(const json& t, const std::string& form) const {
        const bool products = form == "products", weighted = form == "weighted";
        if (!t.is_array()) {
            if (products) damaged();
            return {.at = count(t)};
        }
        if (t.size() != 2 && !(weighted && t.size() == 3)) damaged();
        if (products) return {.at = count(t[0]), .weight = static_cast<double>(count(t[1]))};
        if (!weighted) damaged();
        const bool several = t.size() == 3;
        return {.input = several ? count(t[0]) : 0, .at = count(t[several]), .weight = reader_.real(t.back(), where_)};
    }

    std::vector<TraceTerms::Operation> operations(const json& list) const {
        std::vector<TraceTerms::Operation> found;
        if (!list.is_array() || list.empty()) damaged();
        for (const json& x : list) {
            if (!x.is_object()) damaged();
            TraceTerms::Operation one{.op = reader_.text(x, "op", where_), .label = reader_.text(x, "label", where_)};
            for (const json& in : reader_.list(x, "in", where_)) one.in.push_back(operand(in, found.size()));
            if (!knows_scalar(one.op, one.in.size()))
                reader_.refuse(fmt::format("the terms of {} have an operation '{}' of {} inputs that nobody knows",
                                           where_, one.op, one.in.size()));
            found.push_back(std::move(one));
        }
        return found;
    }
    TraceTerms::Operation::Operand operand(const json& in, std::size_t earlier) const {
        using Reads = TraceTerms::Operation::Reads;
        if (in.is_object()) {
            const double number = reader_.real(reader_.member(in, "number", where_), where_);
            return {.what = Reads::number, .number = number};
        }
        if (in.is_array() && in.size() == 2) return {Reads::entry, count(in[0]), count(in[1]), 0};
        const std::size_t at = count(in);
        if (at >= earlier) damaged();
        return {.what = Reads::operation, .at = at};
    }

    const JsonReader& reader_;
    const std::string& where_;
};

} // namespace

json tensors_json(const std::vector<TraceTensor>& tensors) {
    json list = json::array();
    std::unordered_map<std::string, std::size_t> places; // of numbers that were written, by dtype and text
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const TraceTensor& t = tensors[i];
        json values = values_json(t);
        const auto [first, is_new] = places.emplace(t.dtype + values.dump(), i);
        const bool again = !is_new && t.values.size() > 1;
        json& out = list.emplace_back(json{{"shape", t.shape}});
        if (t.dtype != usual_dtype) out["dtype"] = t.dtype;
        out["values"] = again ? json(first->second) : std::move(values);
        if (t.complete()) continue;
        out["every"] = t.every;
        out["statistics"] = statistics_json(t.statistics);
    }
    return list;
}

std::vector<TraceTensor> read_tensors(const JsonReader& reader, const json& file) {
    std::vector<TraceTensor> tensors;
    if (!file.contains("tensors")) return tensors;
    for (const json& x : reader.list(file, "tensors")) tensors.push_back(read_tensor(reader, x, tensors));
    return tensors;
}

json terms_json(const TraceTerms& terms, std::size_t inputs) {
    json lists = json::array();
    for (const auto& list : terms.of) {
        json one = json::array();
        for (const TraceTerms::Term& t : list) one.push_back(to_json(t, terms.form, inputs));
        // One element of the input alone, as a view has them.
        const bool plain = terms.form == "weighted" && one.size() == 1 && one[0].is_number();
        lists.push_back(plain ? json(one[0]) : std::move(one));
    }
    for (const auto& list : terms.operations) {
        json& one = lists.emplace_back(json::array());
        for (const TraceTerms::Operation& o : list) one.push_back(to_json(o));
    }
    json out = {{"form", terms.form}, {"of", std::move(lists)}};
    if (!terms.at.empty()) out[terms.form == "products" ? "bias" : "at"] = terms.at;
    return out;
}

TraceTerms read_terms(const JsonReader& reader, const json& of, const std::string& where) {
    return TermsReader(reader, where).read(of);
}

} // namespace xg::detail
