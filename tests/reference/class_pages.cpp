#include "reference/class_pages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "nn/registry/entry.hpp"
#include "nn/registry/training.hpp"
#include "reference/classes.hpp"
#include "reference/operation_page.hpp"

namespace xg::reference {
namespace {

using test::Instance;
using test::ModuleEntry;
using test::TrainingEntry;

std::string top_of(const std::string& name) {
    std::string page = fmt::format("# {}\n\n```cpp\n{}\n```\n\n", name, fmt::join(constructors_of(name), "\n"));
    page += comment_of(name);
    for (const std::string& options : options_of(name)) page += fmt::format("```cpp\n{}```\n\n", options);
    return page;
}

std::string snippet_of(const std::string& code, const std::string& prints) {
    return fmt::format("```cpp run\n{}\n```\n```text\n{}\n```\n", code, prints);
}

/// "weight (3, 4), bias (3,)"
std::string state_of(const nn::NamedTensors& list) {
    std::vector<std::string> all;
    for (const auto& [name, t] : list) all.push_back(fmt::format("{} {}", name, t.shape().str()));
    return all.empty() ? "-" : fmt::format("{}", fmt::join(all, ", "));
}

/// What the tests make of it: the shapes are those that came out.
std::string instances_of(const ModuleEntry& entry) {
    std::string rows = "| instance | inputs | result | parameters | buffers |\n| --- | --- | --- | --- | --- |\n";
    for (const Instance& it : entry.instances) {
        const auto m = it.make();
        test::fill_with_waves(*m);
        std::vector<std::string> inputs;
        for (const Tensor& x : it.inputs) inputs.push_back(x.shape().str());
        rows += fmt::format("| `{}` | {} | {} | {} | {} |\n", in_table(it.code), fmt::join(inputs, " and "),
                            it.call(*m, it.inputs).shape().str(), state_of(m->named_parameters()),
                            state_of(m->named_buffers()));
    }
    return rows;
}

/// "nn.Linear" of "Linear(4, 3)"
std::string torch_name(const ModuleEntry& entry) {
    for (const Instance& it : entry.instances) {
        const std::string& torch = it.options.torch;
        if (torch.empty()) continue;
        const std::string name = torch.substr(0, torch.find('('));
        return name.starts_with("nn.") ? name : "nn." + name;
    }
    return "";
}

std::string module_page(const ModuleEntry& entry) {
    std::string page = top_of(entry.name);
    page += "| | |\n| --- | --- |\n";
    const auto row = [&](const char* name, const std::string& text) {
        if (!text.empty()) page += fmt::format("| {} | {} |\n", name, in_table(text));
    };
    row("formula", code(entry.formula));
    row("shapes", entry.shapes);
    for (const std::string& member : members_of(entry.name)) {
        const auto note = member.find("///<");
        const std::string declared = member.substr(member.find(' ') + 1, member.find(';') - member.find(' ') - 1);
        row(member.starts_with("Buffer") ? "buffer" : "parameter",
            code(declared) + (note == std::string::npos ? "" : ": " + member.substr(note + 5)));
    }
    const bool differs = std::any_of(entry.instances.begin(), entry.instances.end(),
                                     [](const Instance& it) { return it.options.differs; });
    row("training and evaluation", differs ? "differ" : "give the same");
    row("PyTorch", code(torch_name(entry)));
    page += "\n" + snippet_of(entry.snippet, entry.prints);
    page += "\n## As the tests make it\n\n" + instances_of(entry);
    return page + "\n[All modules](../modules.md)\n";
}

std::string training_page(const TrainingEntry& entry, const char* list) {
    std::string page = top_of(entry.name);
    if (!entry.torch.empty()) page += fmt::format("PyTorch: `{}`\n\n", entry.torch);
    return page + snippet_of(entry.snippet, entry.prints) + fmt::format("\n[All {0}](../{0}.md)\n", list);
}

bool is_loss(const ModuleEntry& entry) { return entry.name.ends_with("Loss") || entry.name == "HalfSquaredError"; }

std::string modules_list() {
    std::vector<const ModuleEntry*> entries;
    for (const ModuleEntry& e : test::module_entries()) entries.push_back(&e);
    std::sort(entries.begin(), entries.end(), [](auto a, auto b) { return a->name < b->name; });
    std::string page =
        "# Modules\n\nGenerated from the registry of modules and the headers; every one is held to the same laws: "
        "gradients, state, files,\nclones, modes, a batch of one, float32, and PyTorch's numbers where it has the "
        "module.\n";
    for (const bool losses : {false, true}) {
        page += fmt::format("\n## {}\n\n| {} | formula | shapes | PyTorch |\n| --- | --- | --- | --- |\n",
                            losses ? "Losses" : "Layers", losses ? "loss" : "module");
        for (const ModuleEntry* e : entries) {
            if (is_loss(*e) != losses) continue;
            page += fmt::format("| [{0}](modules/{0}.md) | {1} | {2} | {3} |\n", e->name, in_table(code(e->formula)),
                                in_table(e->shapes), code(torch_name(*e)));
        }
    }
    return page;
}

std::string training_list(const std::vector<TrainingEntry>& entries, const std::string& what) {
    std::string title = what;
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    std::string page = fmt::format(
        "# {}\n\nGenerated from the registry and the headers; the [guide](../guide/training.md) says "
        "which is for what.\n\n| name | PyTorch |\n| --- | --- |\n",
        title);
    for (const TrainingEntry& e : entries)
        page += fmt::format("| [{0}]({1}/{0}.md) | {2} |\n", e.name, what, code(e.torch));
    return page;
}

} // namespace

std::map<std::string, std::string> class_pages() {
    std::map<std::string, std::string> all{{"modules.md", modules_list()},
                                           {"optimizers.md", training_list(test::optimizer_entries(), "optimizers")},
                                           {"schedules.md", training_list(test::schedule_entries(), "schedules")}};
    for (const ModuleEntry& e : test::module_entries()) all["modules/" + e.name + ".md"] = module_page(e);
    for (const TrainingEntry& e : test::optimizer_entries())
        all["optimizers/" + e.name + ".md"] = training_page(e, "optimizers");
    for (const TrainingEntry& e : test::schedule_entries())
        all["schedules/" + e.name + ".md"] = training_page(e, "schedules");
    return all;
}

} // namespace xg::reference
