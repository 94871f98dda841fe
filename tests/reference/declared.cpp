// Reads the headers of the operations: declarations and the comments above them.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <vector>

#include "reference/pages.hpp"

namespace xg::reference {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& path) {
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(" \t");
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// A comment belongs to the declaration under it, and to the overloads that follow without one.
void read(const fs::path& path, const std::regex& begins, std::map<std::string, Declared>& to) {
    std::string comment, last;
    const auto lines = lines_of(path);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string line = trimmed(lines[i]);
        if (line.starts_with("///")) {
            comment += trimmed(line.substr(3)) + "\n";
            continue;
        }
        std::smatch found;
        if (std::regex_search(line, found, begins)) {
            const std::string name = found[2];
            std::string declaration = line;
            while (declaration.find(';') == std::string::npos) declaration += " " + trimmed(lines[++i]);
            declaration = std::regex_replace(declaration, std::regex("XGRAD_API "), "");
            Declared& d = to[name];
            if (d.comment.find(comment) == std::string::npos) d.comment += comment;
            d.declarations += declaration + "\n";
            d.one_tensor = d.one_tensor && found[1] == "Tensor";
        }
        comment.clear();
    }
}

} // namespace

std::map<std::string, Declared> declared_operations() {
    std::map<std::string, Declared> all;
    const fs::path source = XGRAD_SOURCE_DIR;
    std::set<fs::path> headers;
    for (const auto& entry : fs::directory_iterator(source / "autograd/ops")) {
        if (entry.path().extension() == ".hpp") headers.insert(entry.path());
    }
    for (const fs::path& header : headers) {
        read(header, std::regex(R"(^XGRAD_API\s+([\w:<>,\s&*]*?)\s*\b(\w+)\()"), all);
    }
    read(source / "autograd/tensor.hpp", std::regex(R"(^(Tensor) (to|clone)\()"), all);
    return all;
}

} // namespace xg::reference
