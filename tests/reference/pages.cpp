#include "reference/pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "laws/law.hpp"
#include "reference/operation_page.hpp"

namespace xg::reference {
namespace {

constexpr const char* generated =
    "Generated from the registry; `XGRAD_WRITE_REFERENCE=1 xgrad_tests -tc=\"the reference*\"` writes it anew.\n";

// A mode, and the laws that prove it.
struct Mode {
    const char* name;
    const char* proof;
    std::vector<const laws::Law*> laws;
    std::string (*how)(const OpEntry&);
};

std::string rule(const OpEntry& op) { return op.composed ? "formula" : "rule"; }
std::string derivative(const OpEntry& op) { return op.no_gradient ? "none" : rule(op); }
std::string batch_rule(const OpEntry& op) { return op.loops ? "loop" : rule(op); }
std::string holds(const OpEntry&) { return "yes"; }

const std::vector<Mode>& modes() {
    using namespace laws;
    static const std::vector<Mode> all = {
        {"value", "an independent reference", {&value_law}, holds},
        {"float32", "float64", {&float32_law, &mixed_law}, holds},
        {"layouts", "contiguous operands and cotangents", {&layout_law, &cotangent_layout_law}, holds},
        {"reverse",
         "numeric differences, conventions at kinks",
         {&reverse_law, &convention_law, &alone_law, &recorded_law, &no_gradient_law},
         derivative},
        {"forward",
         "numeric differences, the adjoint of reverse",
         {&forward_law, &adjoint_law, &joint_law, &no_gradient_law},
         derivative},
        {"reverse over reverse", "numeric differences of the gradient", {&second_order_law, &nesting_law}, rule},
        {"forward over reverse, reverse over forward, forward over forward",
         "reverse over reverse",
         {&nesting_law},
         rule},
        {"vmap", "a loop, for every subset of inputs, gradients too", {&loop_law, &nothing_law}, batch_rule},
        {"vmap of vmap", "two loops", {&twice_law}, batch_rule},
        {"Value", "tensors of one number", {&slope_law}, rule},
    };
    return all;
}

std::string cell(const Mode& mode, const laws::Subject& subject) {
    bool applies = false;
    for (const laws::Law* law : mode.laws) {
        for (const Sample& sample : subject.samples) {
            const laws::Case c{*subject.op, sample};
            if (!law->applies(c)) continue;
            applies = true;
            if (!laws::fault_of(*law, c).empty()) return "FAILS";
        }
    }
    return applies ? mode.how(*subject.op) : "-";
}

std::vector<const laws::Subject*> by_name() {
    std::vector<const laws::Subject*> all;
    for (const laws::Subject& s : laws::subjects()) all.push_back(&s);
    std::sort(all.begin(), all.end(), [](auto a, auto b) { return std::string(a->op->doc.name) < b->op->doc.name; });
    return all;
}

std::string link(const OpEntry& op) { return fmt::format("[{0}](ops/{0}.md)", op.doc.name); }

std::string modes_page() {
    std::string page = fmt::format("# Operations by mode\n\n{}\n", generated);
    page +=
        "Every cell was checked on every sample of its operation: 12 shapes or more, empty and 0-d ones among them.\n"
        "`rule`: by a rule of its own. `formula`: by the rules of the operations it is made of. `loop`: example by "
        "example.\n"
        "`none`: there is no derivative, its page says why, and none arrives. `-`: nothing to check, because there is "
        "no\n"
        "derivative, no scalar form, or no common shape of the examples.\n\n"
        "| mode | held against |\n| --- | --- |\n";
    for (const Mode& m : modes()) page += fmt::format("| {} | {} |\n", m.name, m.proof);
    page += "\n| operation |";
    for (const Mode& m : modes()) page += fmt::format(" {} |", m.name);
    page += "\n| --- |";
    for (std::size_t i = 0; i < modes().size(); ++i) page += " --- |";
    page += "\n";
    for (const laws::Subject* subject : by_name()) {
        page += fmt::format("| {} |", link(*subject->op));
        for (const Mode& m : modes()) page += fmt::format(" {} |", cell(m, *subject));
        page += "\n";
    }
    return page;
}

std::string index_page() {
    std::string page = fmt::format("# Reference\n\n{}\n", generated);
    page +=
        "- [Operations by mode](modes.md): reverse, forward, nested and batched, each cell from a run of the laws\n"
        "- [Exactness](exactness.md): errors of values and derivatives in float64, against MPFR\n"
        "- [Modules and losses](modules.md), [optimizers](optimizers.md), [schedules](schedules.md)\n\n"
        "| operation | formula | NumPy | PyTorch |\n| --- | --- | --- | --- |\n";
    for (const laws::Subject* s : by_name()) {
        const OpDoc& doc = s->op->doc;
        page += fmt::format("| {} | {} | {} | {} |\n", link(*s->op), in_table(code(doc.formula)),
                            in_table(code(doc.numpy)), in_table(code(doc.torch)));
    }
    return page;
}

} // namespace

std::map<std::string, std::string> pages() {
    std::map<std::string, std::string> all{{"README.md", index_page()}, {"modes.md", modes_page()}};
    const auto declared = declared_operations();
    for (const laws::Subject& s : laws::subjects()) {
        const std::string name = s.op->doc.name;
        const auto at = declared.find(name);
        all["ops/" + name + ".md"] = operation_page(*s.op, at == declared.end() ? Declared() : at->second);
    }
    return all;
}

} // namespace xg::reference
