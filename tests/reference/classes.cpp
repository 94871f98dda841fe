// Reads classes from headers: comments, constructors, members and options.
#include "reference/classes.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

namespace xg::reference {
namespace {

namespace fs = std::filesystem;

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(" \t");
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// "Linear(Index in, Index out)" of a text that begins with it, with the brackets closed.
std::string to_closing(const std::string& text) {
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (text[i] == ')' && depth == 0) return text.substr(0, i + 1);
    }
    return text;
}

void read_body(const std::string& name, const std::vector<std::string>& lines, Class& to) {
    static const std::regex member(R"(^(Parameter|Buffer) [\w, ]+;)"), takes_over(R"(^using (\w+)::\1;)");
    const std::regex constructor("^(explicit )?" + name + R"(\()"), copy("^" + name + R"(\((const )?)" + name + "&");
    std::string site = ", Site site = Site::here()";
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string line = trimmed(lines[i]);
        if (std::regex_search(line, member)) to.members.push_back(line);
        if (!std::regex_search(line, constructor) || std::regex_search(line, copy)) continue;
        if (line.starts_with(name + "() ")) continue; // the empty one
        std::string whole = line;
        while (std::count(whole.begin(), whole.end(), '(') > std::count(whole.begin(), whole.end(), ')'))
            whole += " " + trimmed(lines[++i]);
        whole = to_closing(whole);
        if (const auto at = whole.find(site); at != std::string::npos) whole.erase(at, site.size());
        to.constructors.push_back(whole + ";");
    }
}

void read(const fs::path& path, std::map<std::string, Class>& to) {
    static const std::regex begins(
        R"(^(?:struct|class) (?:XGRAD_API )?(\w+)(?: final)?(?: : (?:public )?(?:\w+::)*(\w+).*)? \{)");
    std::vector<std::string> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    std::string comment;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].starts_with("///")) {
            comment += (lines[i].size() > 3 ? lines[i].substr(lines[i][3] == ' ' ? 4 : 3) : "") + "\n";
            continue;
        }
        std::smatch found;
        if (std::regex_search(lines[i], found, begins)) {
            Class c{.base = found[2], .comment = comment, .constructors = {}, .members = {}, .text = lines[i] + "\n"};
            std::vector<std::string> body;
            while (++i < lines.size() && lines[i] != "};") {
                body.push_back(lines[i]);
                c.text += lines[i] + "\n";
            }
            c.text += "};\n";
            read_body(found[1], body, c);
            to.emplace(found[1], std::move(c));
        }
        if (!lines[i].starts_with("template") && !lines[i].starts_with("requires")) comment.clear();
    }
}

bool is_root(const std::string& name) {
    static const std::set<std::string> roots{"", "Module", "Optimizer", "OptimizerOf", "Schedule"};
    return roots.contains(name) || !classes().contains(name);
}

std::vector<std::string> lineage(std::string name) {
    std::vector<std::string> all;
    for (; !is_root(name); name = classes().at(name).base) all.push_back(name);
    return all;
}

} // namespace

const std::map<std::string, Class>& classes() {
    static const std::map<std::string, Class> all = [] {
        std::map<std::string, Class> found;
        const fs::path source = XGRAD_SOURCE_DIR;
        std::vector<fs::path> headers;
        for (const auto& entry : fs::recursive_directory_iterator(source / "nn")) headers.push_back(entry.path());
        // Behind those of nn, because rows of operations may have the name of a module
        for (const auto& entry : fs::directory_iterator(source / "autograd/ops")) headers.push_back(entry.path());
        for (const fs::path& header : headers) {
            if (header.extension() == ".hpp" && header.string().find("_internal") == std::string::npos)
                read(header, found);
        }
        return found;
    }();
    return all;
}

std::string comment_of(const std::string& name) {
    std::string text;
    for (const std::string& part : lineage(name)) {
        std::stringstream lines(classes().at(part).comment);
        bool in_block = false;
        for (std::string line; std::getline(lines, line);) {
            const bool formula = line.starts_with("    ");
            if (formula != in_block) text += formula ? "\n```text\n" : "```\n\n";
            in_block = formula;
            text += (formula ? line.substr(4) : line) + "\n";
        }
        if (in_block) text += "```\n";
        if (!classes().at(part).comment.empty()) text += "\n";
    }
    return text;
}

std::vector<std::string> constructors_of(const std::string& name) {
    for (const std::string& part : lineage(name)) {
        std::vector<std::string> list = classes().at(part).constructors;
        if (list.empty()) continue;
        for (std::string& c : list) c = std::regex_replace(c, std::regex("\\b" + part + "\\("), name + "(");
        return list;
    }
    const std::string options = name + "Options"; // what OptimizerOf declares
    if (classes().contains(options)) return {name + "(Parameters parameters, " + options + " options = {});"};
    return {name + "();"};
}

std::vector<std::string> members_of(const std::string& name) {
    std::vector<std::string> all;
    for (const std::string& part : lineage(name)) {
        const auto& own = classes().at(part).members;
        all.insert(all.end(), own.begin(), own.end());
    }
    return all;
}

std::vector<std::string> options_of(const std::string& name) {
    static const std::regex option(R"(\b(\w+Options)\b)");
    std::vector<std::string> all;
    std::set<std::string> seen;
    for (const std::string& c : constructors_of(name)) {
        for (auto at = std::sregex_iterator(c.begin(), c.end(), option); at != std::sregex_iterator(); ++at) {
            const std::string type = (*at)[1];
            if (seen.insert(type).second && classes().contains(type)) all.push_back(classes().at(type).text);
        }
    }
    return all;
}

} // namespace xg::reference
