// The reference pages in docs/reference are what the registry and the laws say today.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <set>
#include <sstream>

#include "nn/registry/entry.hpp"
#include "nn/registry/training.hpp"
#include "reference/class_pages.hpp"
#include "reference/classes.hpp"
#include "reference/pages.hpp"

namespace fs = std::filesystem;

namespace {

const fs::path folder = fs::path(XGRAD_SOURCE_DIR) / "docs/reference";

std::string read(const fs::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

using Pages = std::map<std::string, std::string>;

/// Into folders that hold nothing else.
void write(const Pages& pages, std::initializer_list<const char*> folders) {
    for (const char* name : folders) {
        fs::remove_all(folder / name);
        fs::create_directories(folder / name);
    }
    for (const auto& [name, text] : pages) std::ofstream(folder / name) << text;
}

void check(const Pages& pages, std::initializer_list<const char*> folders) {
    if (std::getenv("XGRAD_WRITE_REFERENCE")) write(pages, folders);
    for (const auto& [key, text] : pages) {
        const auto& name = key;
        CHECK_MESSAGE(read(folder / name) == text, "docs/reference/" << name
                                                                     << " is stale: run this test once with "
                                                                        "XGRAD_WRITE_REFERENCE=1 in the environment");
    }
    for (const char* part : folders) {
        for (const auto& entry : fs::directory_iterator(folder / part)) {
            const std::string name = part + ("/" + entry.path().filename().string());
            CHECK_MESSAGE(pages.contains(name), "docs/reference/" << name << " is of nothing that is there");
        }
    }
}

} // namespace

TEST_CASE("the reference pages are what the registry says, and every mode of every operation holds") {
    const auto pages = xg::reference::pages();
    CHECK(pages.size() > 200);
    CHECK(pages.at("modes.md").find("FAILS") == std::string::npos);
    check(pages, {"ops"});
}

TEST_CASE("the reference pages of modules, optimizers and schedules are what their registries and headers say") {
    const auto pages = xg::reference::class_pages();
    CHECK(pages.size() > 120);
    check(pages, {"modules", "optimizers", "schedules"});
}

TEST_CASE("the reference has a page for every public optimizer and schedule") {
    std::set<std::string> entries;
    for (const auto* list : {&xg::test::optimizer_entries(), &xg::test::schedule_entries()})
        for (const auto& entry : *list)
            CHECK_MESSAGE(entries.insert(entry.name).second, entry.name << " has two entries");
    std::size_t found = 0;
    for (const auto& [key, c] : xg::reference::classes()) {
        const auto& name = key;
        if (name == "OptimizerOf" || (c.base != "OptimizerOf" && c.base != "Optimizer" && c.base != "Schedule"))
            continue;
        ++found;
        CHECK_MESSAGE(entries.contains(name), name << " has no entry in tests/nn/registry");
    }
    CHECK(found == entries.size());
}
