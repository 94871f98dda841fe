// The reference pages in docs/reference are what the registry and the laws say today.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "reference/pages.hpp"

namespace fs = std::filesystem;

namespace {

const fs::path folder = fs::path(XGRAD_SOURCE_DIR) / "docs/reference";

std::string read(const fs::path& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

void write(const std::map<std::string, std::string>& pages) {
    fs::remove_all(folder / "ops");
    fs::create_directories(folder / "ops");
    for (const auto& [name, text] : pages) std::ofstream(folder / name) << text;
}

} // namespace

TEST_CASE("the reference pages are what the registry says, and every mode of every operation holds") {
    const auto pages = xg::reference::pages();
    CHECK(pages.size() > 200);
    CHECK(pages.at("modes.md").find("FAILS") == std::string::npos);
    if (std::getenv("XGRAD_WRITE_REFERENCE")) write(pages);
    for (const auto& [name, text] : pages) {
        CHECK_MESSAGE(read(folder / name) == text, "docs/reference/" << name
                                                                     << " is stale: run this test once with "
                                                                        "XGRAD_WRITE_REFERENCE=1 in the environment");
    }
    for (const auto& entry : fs::directory_iterator(folder / "ops")) {
        const std::string name = "ops/" + entry.path().filename().string();
        CHECK_MESSAGE(pages.contains(name), "docs/reference/" << name << " is of no operation");
    }
}
