#pragma once
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

namespace xg::plot {

/// One whole `<svg>` element, ready to stand in a page. `report.hpp` puts it there, `save_svg` into a file of its own.
struct Svg {
    std::string text;
    double width = 0;
    double height = 0;
};

/// The length of the UTF-8 sequence at the start of `text`, 0 if it is none.
inline std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    if (byte(0) < 0x80) return text.empty() ? 0 : 1;
    if (byte(0) >= 0xc2 && byte(0) < 0xe0) return follows(1) ? 2 : 0;
    if (byte(0) >= 0xe0 && byte(0) < 0xf0) {
        const bool overlong = byte(0) == 0xe0 && byte(1) < 0xa0;
        const bool surrogate = byte(0) == 0xed && byte(1) >= 0xa0;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (byte(0) >= 0xf0 && byte(0) < 0xf5) {
        const bool outside = (byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) >= 0x90);
        return follows(1) && follows(2) && follows(3) && !outside ? 4 : 0;
    }
    return 0;
}

/// `text` as the content of an element or an attribute. What no XML document may hold (control characters, bytes that
/// are not UTF-8) becomes U+FFFD, so that no label can spoil a whole page.
inline std::string escape(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const char c = text[0];
        const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
        if (length == 0 || control) {
            out += "\xef\xbf\xbd";
        } else if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else if (c == '"') {
            out += "&quot;";
        } else if (c == '\'') {
            out += "&#39;";
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

/// A number with a fixed count of decimals, in any locale with a point.
inline std::string fixed(double value, int decimals) {
    char buffer[400]; // the largest double has 309 digits
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals);
    const std::string_view digits(buffer, static_cast<std::size_t>(result.ptr - buffer));
    const bool zero = digits.find_first_not_of("-0.") == std::string_view::npos;
    return std::string(digits.substr(zero && digits[0] == '-' ? 1 : 0));
}

/// A coordinate: a hundredth of a unit is finer than any screen, and short numbers keep pages small.
inline std::string coordinate(double value) {
    std::string text = fixed(value, 2);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

/// Names and values in turn, as they stand in a tag: attributes("x", 1.5, "class", "grid") is ` x="1.5" class="grid"`.
inline std::string attributes() { return ""; }
template <class Value, class... Rest>
std::string attributes(std::string_view name, const Value& value, const Rest&... rest) {
    std::string text;
    if constexpr (std::is_arithmetic_v<Value>) {
        text = coordinate(static_cast<double>(value));
    } else {
        text = escape(value);
    }
    return " " + std::string(name) + "=\"" + text + "\"" + attributes(rest...);
}

/// `content` is markup; text goes through escape() first.
inline std::string element(std::string_view name, std::string_view attributes, std::string_view content = {}) {
    const std::string begin = "<" + std::string(name) + std::string(attributes);
    if (content.empty()) return begin + "/>";
    return begin + ">" + std::string(content) + "</" + std::string(name) + ">";
}

/// How a text stands: its size is relative to that of the drawing.
struct TextStyle {
    const char* anchor = "start";
    double em = 1;
    double opacity = 1;
};

/// Elements collected into one drawing that scales with its place.
class Canvas {
public:
    void add(std::string_view markup) {
        body_ += markup;
        body_ += '\n';
    }
    /// Text with its baseline at y.
    void text(double x, double y, std::string_view words, TextStyle style = {}) {
        add(element("text", attributes("x", x, "y", y) + style_attributes(style), escape(words)));
    }
    /// Text that reads upwards, with the middle of its baseline at (x, y).
    void upward_text(double x, double y, std::string_view words, TextStyle style = {}) {
        const std::string place = "translate(" + coordinate(x) + " " + coordinate(y) + ") rotate(-90)";
        add(element("text", attributes("transform", place) + style_attributes(style), escape(words)));
    }
    /// Title and description are what a screen reader says.
    Svg finish(double width, double height, std::string_view title, std::string_view description) const {
        const std::string content = "\n" + element("title", "", title.empty() ? "Chart" : escape(title)) +
                                    element("desc", "", escape(description) + " ") + "\n" + body_;
        const std::string box = "0 0 " + coordinate(width) + " " + coordinate(height);
        const std::string frame =
            attributes("xmlns", "http://www.w3.org/2000/svg", "class", "xg-plot", "role", "img", "viewBox", box,
                       "width", width, "height", height, "fill", "currentColor", "font-size", 11.5, "font-family",
                       "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif");
        return {element("svg", frame, content) + "\n", width, height};
    }

private:
    static std::string style_attributes(const TextStyle& style) {
        std::string out;
        if (std::string_view(style.anchor) != "start") out += attributes("text-anchor", style.anchor);
        if (style.em != 1) out += attributes("font-size", coordinate(style.em) + "em");
        if (style.opacity != 1) out += attributes("fill-opacity", style.opacity);
        return out;
    }
    std::string body_;
};

} // namespace xg::plot
