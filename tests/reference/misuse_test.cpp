// That the misuse samples of an operation are of every sort its declaration allows.
#include <doctest/doctest.h>

#include <regex>

#include <autograd/error.hpp>

#include "laws/law.hpp"
#include "reference/pages.hpp"

using namespace xg;

namespace {

// What can be passed wrongly, by how it is declared, and how the refusal reads.
struct Sort {
    const char* what;
    bool (*applies)(const OpEntry& op, const std::string& declarations);
    const char* message;
};

bool has(const std::string& text, const char* pattern) { return std::regex_search(text, std::regex(pattern)); }

const Sort sorts[] = {
    {"an undefined operand", [](const OpEntry&, const std::string&) { return true; }, "^StateError.*undefined"},
    {"shapes that do not broadcast",
     [](const OpEntry& op, const std::string&) { return op.elementwise && op.arity > 1; }, "^ShapeError.*broadcast"},
    {"an axis out of range",
     [](const OpEntry&, const std::string& d) { return has(d, R"((Index|Axes&) (axis|axes)\b)"); },
     "^IndexError.*(axis|scalar)"},
    {"an axis named twice", [](const OpEntry&, const std::string& d) { return has(d, R"(Axes& axes\b)"); },
     "^(ValueError.*twice|ShapeError.*size)"},
    {"an index out of range", [](const OpEntry&, const std::string& d) { return has(d, R"(const Tensor& index\b)"); },
     "^IndexError.*out of range"},
    {"step 0", [](const OpEntry&, const std::string& d) { return has(d, R"(Index step\b)"); }, "^ValueError.*step"},
    {"a negative size",
     [](const OpEntry&, const std::string& d) {
         return has(d, R"(Index (size|count|classes|bins|length|k)\b|Shape& counts\b)") && !has(d, "Index k = 0");
     },
     R"(^(ValueError|ShapeError|IndexError).*[ (]-\d)"},
    {"an index, mask or counts of another dtype",
     [](const OpEntry&, const std::string& d) { return has(d, R"(const Tensor& (index|mask|counts)\b)"); },
     "^DTypeError.*expected (int64|boolean)"},
    {"nothing to choose from",
     [](const OpEntry& op, const std::string&) {
         return has(std::string(op.doc.name), "^(arg)?(max|min)(_with_index)?$");
     },
     "^ValueError.*nothing to choose"},
    {"a malformed equation", [](const OpEntry&, const std::string& d) { return has(d, R"(equation\b)"); },
     "^ValueError.*expected operands as letters"},
    {"NaN for a number it counts on",
     [](const OpEntry&, const std::string& d) {
         return has(d, R"(double (q|lambda|rcond|ord|low)\b)") && !has(d, "hardtanh");
     },
     "^ValueError.* nan"},
};

std::vector<std::string> messages_of(const OpEntry& op) {
    std::vector<std::string> all;
    for (const Misuse& m : op.misuse()) {
        try {
            m.call();
        } catch (const Error& e) {
            const std::string message = std::regex_replace(std::string(e.what()), std::regex("\n"), " ");
            all.push_back(std::string(e.kind()) + " " + message);
        }
    }
    return all;
}

} // namespace

TEST_CASE("laws: every operation has a misuse sample of every sort that its declaration allows") {
    const auto declared = reference::declared_operations();
    int required = 0;
    for (const laws::Subject& s : laws::subjects()) {
        const std::string name = s.op->doc.name;
        const auto messages = messages_of(*s.op);
        for (const Sort& sort : sorts) {
            if (!sort.applies(*s.op, declared.at(name).declarations)) continue;
            ++required;
            const bool found = std::any_of(messages.begin(), messages.end(),
                                           [&](const std::string& m) { return has(m, sort.message); });
            CHECK_MESSAGE(found, name << " has no misuse sample with " << std::string(sort.what));
        }
    }
    CHECK(required > 300);
}
