#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "plot/svg.hpp"
#include "plot/theme.hpp"
#include "report_style.hpp"
#include "write_file.hpp"

namespace xg::plot {

/// A number worth a frame of its own.
struct Card {
    std::string label;
    std::string value;
    std::string note = {};
};
/// A drawing with the sentence that says what to see in it.
struct Figure {
    Svg svg;
    std::string caption;
};

/// A page of findings in one file: no scripts, nothing from the network, light or dark as the reader's system is, and
/// readable on a telephone. All text is escaped. The same calls give the same bytes.
///     plot::Report report("A first network", "An MLP that reads handwritten digits.");
///     report.cards({{"held-out accuracy", "97.8 %", "347 of 355 images"}});
///     report.heading("Learning").figures({{loss, "Cross-entropy by epoch."}, {accuracy, "Accuracy by epoch."}});
///     report.write("report.html");
class Report {
public:
    explicit Report(std::string title, std::string lead = {}, std::string language = "en")
        : title_(std::move(title)), lead_(std::move(lead)), language_(std::move(language)) {}

    Report& heading(std::string_view text) { return add(block("h2", "", escape(text))); }
    Report& paragraph(std::string_view text) { return add(block("p", "", escape(text))); }

    Report& cards(const std::vector<Card>& cards) {
        std::string items;
        for (const Card& card : cards) {
            const std::string value = block("dd", attributes("class", "value"), escape(card.value));
            const std::string note =
                card.note.empty() ? "" : block("dd", attributes("class", "note"), escape(card.note));
            items +=
                block("div", attributes("class", "card"), block("dt", "", escape(card.label)) + value + note) + "\n";
        }
        return add(block("dl", attributes("class", "cards"), items));
    }

    Report& figure(const Svg& svg, const std::string& caption) { return figures({{svg, caption}}); }
    /// Side by side where there is room, one below the other where there is none.
    Report& figures(const std::vector<Figure>& figures) {
        std::string items;
        for (const Figure& figure : figures) {
            items += block("figure", "", figure.svg.text + block("figcaption", "", escape(figure.caption))) + "\n";
        }
        return add(block("div", attributes("class", "figures"), items));
    }

    /// The first column names the rows; other columns of numbers are set flush right.
    /// std::invalid_argument if a row has another number of cells than the header.
    Report& table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                  const std::string& caption = {}) {
        std::string head;
        std::string body;
        for (std::size_t c = 0; c < header.size(); ++c) {
            head += block("th", attributes("scope", "col") + alignment(rows, c), escape(header[c]));
        }
        for (const auto& row : rows) {
            if (row.size() != header.size()) {
                throw std::invalid_argument("Report::table: a row of " + std::to_string(row.size()) +
                                            " cells under a header of " + std::to_string(header.size()));
            }
            std::string cells;
            for (std::size_t c = 0; c < row.size(); ++c) {
                cells += c == 0 ? block("th", attributes("scope", "row"), escape(row[c]))
                                : block("td", alignment(rows, c), escape(row[c]));
            }
            body += block("tr", "", cells) + "\n";
        }
        const std::string title = caption.empty() ? "" : block("caption", "", escape(caption));
        const std::string table =
            block("table", "", title + block("thead", "", block("tr", "", head)) + block("tbody", "", body));
        // It scrolls when it is wider than the page, and then the keyboard must reach it.
        const std::string region = attributes("class", "table", "role", "region", "tabindex", 0, "aria-label",
                                              caption.empty() ? std::string("Table") : caption);
        return add(block("div", region, table));
    }

    std::string html() const {
        const std::string head =
            element("meta", attributes("charset", "utf-8")) + "\n" +
            element("meta", attributes("name", "viewport", "content", "width=device-width, initial-scale=1")) + "\n" +
            element("meta", attributes("http-equiv", "Content-Security-Policy", "content",
                                       "default-src 'none'; style-src 'unsafe-inline'")) +
            "\n" + block("title", "", escape(title_)) + "\n" +
            block("style", "", plot_css() + std::string(report_css)) + "\n";
        const std::string lead = lead_.empty() ? "" : block("p", attributes("class", "lead"), escape(lead_)) + "\n";
        const std::string main = block("main", "", "\n" + block("h1", "", escape(title_)) + "\n" + lead + body_);
        return "<!DOCTYPE html>\n" +
               block("html", attributes("lang", language_),
                     block("head", "", "\n" + head) + "\n" + block("body", "", main)) +
               "\n";
    }
    /// std::runtime_error, with the path and the reason, if the file cannot be written; an old one is left as it was.
    void write(const std::string& path) const { write_file(path, html()); }

private:
    /// element(), but with an end tag in any case: to an HTML reader <p/> is a <p> that never ends.
    static std::string block(std::string_view name, std::string_view attributes, std::string_view content) {
        return element(name, attributes, content.empty() ? " " : content);
    }
    Report& add(std::string_view markup) {
        body_ += markup;
        body_ += '\n';
        return *this;
    }
    /// Flush right, if every cell below the first column is a number, a percentage included.
    static std::string alignment(const std::vector<std::vector<std::string>>& rows, std::size_t column) {
        if (rows.empty() || column == 0) return "";
        for (const auto& row : rows) {
            if (column >= row.size() || row[column].find_first_of("0123456789") == std::string::npos) return "";
            if (row[column].find_first_not_of("0123456789+-.,eE% \u2212\u00a0") != std::string::npos) return "";
        }
        return attributes("class", "number");
    }

    std::string title_, lead_, language_, body_;
};

} // namespace xg::plot
