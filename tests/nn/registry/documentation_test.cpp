// That every public module has an entry, and every entry says what its page needs.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "nn/registry/entry.hpp"

using xg::test::module_entries;
using xg::test::ModuleEntry;

namespace {

// Modules that nobody makes by themselves.
const std::map<std::string, std::string> no_modules{
    {"ConvLayer", "what convolutions share"},
    {"ConvTransposeLayer", "what transposed convolutions share"},
    {"BatchNorm", "what BatchNorm1d, 2d and 3d share"},
    {"InstanceNorm", "what InstanceNorm1d, 2d and 3d share"},
    {"RecurrentNetwork", "what RNN, GRU and LSTM share"},
    {"PlainRecurrentNetwork", "what RNN and GRU share"},
    {"RecurrentCellModule", "what the cells share"},
    {"Padding", "what paddings share"},
    {"Pooling", "what poolings with a kernel share"},
    {"PowerPooling", "what LPPool1d, 2d and 3d share"},
    {"AdaptivePooling", "what adaptive poolings share"},
    {"ModuleSequence", "what Sequential and ModuleList share"},
    {"MaxUnpool", "what MaxUnpool1d, 2d and 3d share"},
};

std::string text_of(const std::filesystem::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

/// The classes in the headers of nn/nn.hpp that derive from Module, at first or second hand.
std::set<std::string> public_modules() {
    static const std::regex include("#include <(nn/[^>]+)>");
    static const std::regex derived(
        R"(\b(?:struct|class)\s+(?:XGRAD_API\s+)?(\w+)(?:\s+final)?\s*:\s*(?:public\s+)?([\w:]+))");
    const std::filesystem::path source = XGRAD_SOURCE_DIR;
    const std::string umbrella = text_of(source / "nn/nn.hpp");
    std::set<std::string> modules{"Module"};
    for (int pass = 0; pass < 3; ++pass) { // a base may stand in a later header
        for (auto at = std::sregex_iterator(umbrella.begin(), umbrella.end(), include); at != std::sregex_iterator();
             ++at) {
            const std::string header = std::regex_replace(text_of(source / (*at)[1].str()), std::regex("//[^\n]*"), "");
            for (auto s = std::sregex_iterator(header.begin(), header.end(), derived); s != std::sregex_iterator(); ++s)
                if (modules.contains((*s)[2])) modules.insert((*s)[1]);
        }
    }
    modules.erase("Module");
    return modules;
}

} // namespace

TEST_CASE("modules: every public module is in the registry, once, under its name") {
    const auto modules = public_modules();
    CHECK(modules.size() > 80); // the headers were found and read
    std::set<std::string> entries;
    for (const ModuleEntry& e : module_entries()) {
        CHECK_MESSAGE(entries.insert(e.name).second, e.name << " has two entries");
        CHECK_MESSAGE(modules.contains(e.name), e.name << " is no public module");
    }
    for (const std::string& name : modules) {
        if (!no_modules.contains(name)) CHECK_MESSAGE(entries.contains(name), name << " has no entry");
    }
    for (const auto& item : no_modules) CHECK_MESSAGE(modules.contains(item.first), item.first << " is gone");
}

TEST_CASE("modules: every entry has a formula, shapes, a snippet with its output, and an instance of its name") {
    for (const ModuleEntry& e : module_entries()) {
        CAPTURE(e.name);
        CHECK_FALSE(e.formula.empty());
        CHECK_FALSE(e.shapes.empty());
        CHECK(e.snippet.find("nn::" + e.name) != std::string::npos);
        CHECK_FALSE(e.prints.empty());
        REQUIRE_FALSE(e.instances.empty());
        for (const auto& it : e.instances) CHECK(it.make()->class_name() == e.name);
    }
}
