#pragma once
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

// Numbers that a script beside a JSON file has written with another library.
namespace xg::test {

/// `path` is relative to tests/.
template <class T>
std::map<std::string, T> stored(const std::string& path) {
    return nlohmann::json::parse(std::ifstream(std::string(XGRAD_SOURCE_DIR) + "/tests/" + path))
        .get<std::map<std::string, T>>();
}

} // namespace xg::test
