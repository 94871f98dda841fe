// The rows as the reference pages print them, and that no public function is without one.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "laws/law.hpp"

namespace xg::laws {
namespace {

namespace fs = std::filesystem;

// Exported from the headers of the operations without being one.
const std::map<std::string, std::string> no_operations{
    {"all_ops", "the registry itself"},
    {"find_op", "the registry itself"},
};

// Operations behind members of Tensor, whose declaration is in tensor.hpp.
const std::set<std::string> members{"to", "clone"};

std::set<std::string> exported_functions() {
    static const std::regex declaration(R"(XGRAD_API\s+[\w:<>,\s&*]*?\b(\w+)\()");
    std::set<std::string> names;
    const fs::path folder = fs::path(XGRAD_SOURCE_DIR) / "autograd/ops";
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".hpp") continue;
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        const std::string all = text.str();
        for (auto at = std::sregex_iterator(all.begin(), all.end(), declaration); at != std::sregex_iterator(); ++at) {
            names.insert((*at)[1]);
        }
    }
    return names;
}

std::set<std::string> registered() {
    std::set<std::string> names;
    for (const OpEntry* op : all_ops()) names.insert(op->doc.name);
    return names;
}

bool blank(const char* text) { return !text || *text == '\0'; }

} // namespace

TEST_CASE("laws: every public operation is in the registry") {
    const auto rows = registered();
    const auto functions = exported_functions();
    CHECK(functions.size() > 20); // the headers were found and read
    for (const auto& name : functions) {
        if (!no_operations.contains(name)) CHECK_MESSAGE(rows.contains(name), name << " has no row");
    }
}

TEST_CASE("laws: every row is named as its public function, once") {
    const auto functions = exported_functions();
    for (const OpEntry* op : all_ops()) {
        const std::string name = op->doc.name;
        CHECK_MESSAGE((functions.contains(name) || members.contains(name)), name << " is no public function");
        CHECK_MESSAGE(find_op(name) == op, name << " names two rows");
    }
}

TEST_CASE("laws: every row has a formula, a derivative and a snippet with its result") {
    static const std::regex snippet(R"(\S.*\)  // \S[^]*)");
    for (const OpEntry* op : all_ops()) {
        const OpDoc& doc = op->doc;
        CHECK_MESSAGE(!blank(doc.formula), std::string(doc.name) << " has no formula");
        CHECK_MESSAGE(!blank(doc.derivative), std::string(doc.name) << " has no derivative");
        CHECK_MESSAGE(std::regex_match(doc.snippet, snippet), fmt::format("{}: {}", doc.name, doc.snippet));
        CHECK_MESSAGE(std::string(doc.snippet).find(doc.name) != std::string::npos,
                      fmt::format("{}: {}", doc.name, doc.snippet));
    }
}

TEST_CASE("laws: an absent gradient says why") {
    for (const OpEntry* op : all_ops()) {
        if (op->no_gradient) CHECK_MESSAGE(!blank(op->no_gradient), std::string(op->doc.name));
        if (op->composed) continue;
        CHECK_MESSAGE((op->vjp != nullptr) == !op->no_gradient, std::string(op->doc.name));
        CHECK_MESSAGE((op->jvp != nullptr) == !op->no_gradient, std::string(op->doc.name));
        CHECK_MESSAGE((op->batch != nullptr || op->loops), std::string(op->doc.name) << " has no batch rule");
    }
}

} // namespace xg::laws
