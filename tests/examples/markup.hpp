#pragma once
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// A reader for the markup that the examples write: it finds what is wrong with a document, and elements in it.
namespace markup {

struct Element {
    std::string name;
    std::map<std::string, std::string> attributes;
    std::string text; ///< up to the next tag

    double number(const std::string& attribute) const {
        const auto& value = attributes.at(attribute);
        double out = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
        return error == std::errc() && end == value.data() + value.size() ? out : throw std::runtime_error(value);
    }
    bool has_class(const std::string& name_of_class) const {
        const auto found = attributes.find("class");
        return found != attributes.end() && found->second == name_of_class;
    }
};

struct Document {
    std::vector<Element> elements;
    std::string error; ///< empty if the document is well formed

    std::vector<Element> all(const std::string& name, const std::string& name_of_class = {}) const {
        std::vector<Element> out;
        for (const Element& e : elements) {
            if (e.name == name && (name_of_class.empty() || e.has_class(name_of_class))) out.push_back(e);
        }
        return out;
    }
    /// The text elements that say exactly this.
    std::vector<Element> texts(const std::string& words) const {
        std::vector<Element> out;
        for (const Element& e : elements) {
            if ((e.name == "text" || e.name == "tspan") && e.text == words) out.push_back(e);
        }
        return out;
    }
};

/// Text between tags or in an attribute: every & begins an entity that XML knows, and there is no < or control byte.
inline bool clean_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (text[i] == '<' || (byte < 0x20 && text[i] != '\n' && text[i] != '\t' && text[i] != '\r')) return false;
        if (text[i] != '&') continue;
        bool known = false;
        for (const std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
            known = known || text.substr(i).starts_with(entity);
        }
        if (!known) return false;
    }
    return true;
}

inline Document read(std::string_view source) {
    Document document;
    std::vector<std::string> open;
    bool follows_begin = false;
    const auto wrong = [&](const std::string& what, std::string_view where) {
        if (document.error.empty()) document.error = what + ": " + std::string(where.substr(0, 80));
    };
    if (source.starts_with("<!DOCTYPE html>")) source.remove_prefix(15);
    while (!source.empty() && document.error.empty()) {
        const std::size_t tag = source.find('<');
        const std::string_view text = source.substr(0, tag);
        if (!clean_text(text)) wrong("bad text", text);
        if (follows_begin) document.elements.back().text = text;
        follows_begin = false;
        if (tag == std::string_view::npos) break;
        source.remove_prefix(tag + 1);
        const std::size_t end = source.find('>');
        if (end == std::string_view::npos) {
            wrong("a tag that does not end", source);
            break;
        }
        std::string_view inside = source.substr(0, end);
        source.remove_prefix(end + 1);
        if (inside.starts_with("/")) {
            if (open.empty() || open.back() != inside.substr(1)) wrong("an end that was not begun", inside);
            if (!open.empty()) open.pop_back();
            continue;
        }
        const bool closed = inside.ends_with("/");
        if (closed) inside.remove_suffix(1);
        if (open.empty() && !document.elements.empty()) wrong("a second root", inside);
        Element element;
        element.name = inside.substr(0, inside.find(' '));
        inside.remove_prefix(element.name.size());
        while (!inside.empty()) {
            const std::size_t equals = inside.find("=\"");
            const std::size_t quote = equals == std::string_view::npos ? equals : inside.find('"', equals + 2);
            if (inside[0] != ' ' || quote == std::string_view::npos) {
                wrong("a bad attribute", inside);
                break;
            }
            const std::string name(inside.substr(1, equals - 1));
            const std::string_view value = inside.substr(equals + 2, quote - equals - 2);
            if (!clean_text(value) || element.attributes.contains(name)) wrong("a bad attribute", inside);
            element.attributes[name] = value;
            inside.remove_prefix(quote + 1);
        }
        document.elements.push_back(element);
        if (!closed) open.push_back(element.name);
        follows_begin = !closed;
    }
    if (!open.empty()) wrong("an element that does not end", open.back());
    if (document.elements.empty()) wrong("no element", source);
    return document;
}

} // namespace markup
