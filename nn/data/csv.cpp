#include <nn/data/csv.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include <autograd/error_format_internal.hpp>
#include <nn/data/line_reader_internal.hpp>

namespace xg::nn {
namespace {

class CsvParser {
public:
    CsvParser(const std::string& path, const CsvOptions& options)
        : path_(path), options_(options), lines_("read_csv", path, options.max_line_bytes) {}

    Table parse() {
        bool first = true;
        while (lines_.next(line_)) {
            if (lines_.number() == 1) check_start();
            check_line();
            read_row(first);
            first = false;
        }
        if (lines_.number() == 0) fail<FileError>("read_csv({}): the file is empty.", shown(path_));
        return std::move(table_);
    }

private:
    template <class... A>
    [[noreturn]] void refuse(Index column, fmt::format_string<A...> format, A&&... args) const {
        const auto index = static_cast<std::size_t>(column - 1);
        const std::string name = index < table_.names.size() ? fmt::format(" ({})", shown(table_.names[index])) : "";
        fail<FileError>("read_csv({}): line {}, column {}{}: {}", shown(path_), lines_.number(), column, name,
                        fmt::format(format, std::forward<A>(args)...));
    }

    /// What the first bytes give away: a byte order mark, or a file that is no text at all.
    void check_start() {
        if (line_.starts_with("\xef\xbb\xbf")) line_.erase(0, 3);
        if (line_.starts_with("\x1f\x8b")) refuse(1, "{} is the start of a gzip file; unpack it.", shown(line_));
        if (line_.starts_with("\xff\xfe") || line_.starts_with("\xfe\xff")) {
            refuse(1, "the file is in UTF-16; store it as UTF-8.");
        }
    }
    void check_line() {
        if (line_.empty()) refuse(1, "the line is empty.");
        if (const auto nul = line_.find('\0'); nul != std::string::npos) {
            const auto before =
                std::count(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(nul), options_.delimiter);
            refuse(before + 1, "there is a NUL byte after {}; the file is no text.", shown(line_.substr(0, nul)));
        }
    }

    void read_row(bool first) {
        const bool names = first && options_.header;
        Index column = 0;
        for (std::optional<std::size_t> position = 0; position;) {
            const std::string_view cell = next_cell(position, ++column);
            if (first) {
                table_.columns = column;
            } else if (column > table_.columns) {
                refuse(column, "{} is beyond the {} columns of line 1.", shown(cell), table_.columns);
            }
            if (names) {
                table_.names.emplace_back(cell);
            } else {
                table_.values.push_back(number(cell, column));
            }
        }
        if (column < table_.columns) {
            refuse(column, "the row ends after {}, {} of the {} columns of line 1.", shown(line_), column,
                   table_.columns);
        }
        if (!names) ++table_.rows;
    }

    bool is_space(char c) const { return (c == ' ' || c == '\t') && c != options_.delimiter; }

    /// The text of the cell that begins at `position`, which moves to the next cell or becomes empty after the last.
    std::string_view next_cell(std::optional<std::size_t>& position, Index column) {
        std::size_t begin = *position;
        while (begin < line_.size() && is_space(line_[begin])) ++begin;
        if (begin < line_.size() && line_[begin] == '"') return quoted_cell(begin + 1, position, column);
        const std::size_t found = line_.find(options_.delimiter, begin);
        std::size_t end = std::min(found, line_.size());
        position = found == std::string::npos ? std::nullopt : std::optional(found + 1);
        while (end > begin && is_space(line_[end - 1])) --end;
        return std::string_view(line_).substr(begin, end - begin);
    }
    std::string_view quoted_cell(std::size_t i, std::optional<std::size_t>& position, Index column) {
        const std::size_t begin = i - 1;
        unquoted_.clear();
        for (;; ++i) {
            if (i >= line_.size()) refuse(column, "{} opens a quote that does not close.", shown(line_.substr(begin)));
            if (line_[i] != '"') {
                unquoted_ += line_[i];
            } else if (i + 1 < line_.size() && line_[i + 1] == '"') { // two quotes stand for one
                unquoted_ += '"';
                ++i;
            } else {
                break;
            }
        }
        do ++i;
        while (i < line_.size() && is_space(line_[i]));
        if (i < line_.size() && line_[i] != options_.delimiter) {
            refuse(column, "{} has text after its closing quote.", shown(line_.substr(begin)));
        }
        position = i < line_.size() ? std::optional(i + 1) : std::nullopt;
        const auto begin_text =
            std::find_if_not(unquoted_.begin(), unquoted_.end(), [&](char c) { return is_space(c); });
        unquoted_.erase(unquoted_.begin(), begin_text);
        while (!unquoted_.empty() && is_space(unquoted_.back())) unquoted_.pop_back();
        return unquoted_;
    }

    double number(std::string_view cell, Index column) const {
        if (cell.empty()) refuse(column, "the cell is empty in {}.", shown(line_));
        // from_chars takes no plus; "+-1" must not become -1 by dropping it.
        const bool plus = cell.size() > 1 && cell[0] == '+' && cell[1] != '-';
        const std::string_view digits = cell.substr(plus ? 1 : 0);
        double value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        // "nan(7)" is a number to from_chars and a typing error to everybody else.
        if (error == std::errc::invalid_argument || end != digits.data() + digits.size() || digits.back() == ')') {
            refuse(column, "{} is not a number.{}", shown(cell), hint(cell));
        }
        if (error == std::errc::result_out_of_range) refuse(column, "{} does not fit a double.", shown(cell));
        if (!std::isfinite(value) && !options_.allow_nonfinite) {
            refuse(column, "{} is not finite.\n  to take it as it is, pass {{.allow_nonfinite = true}}", shown(cell));
        }
        return value;
    }

    /// The usual cures, each under the condition that makes it one.
    std::string hint(std::string_view cell) const {
        if (table_.columns <= 1) {
            for (const auto& [delimiter, literal] :
                 {std::pair(',', "','"), {';', "';'"}, {'\t', "'\\t'"}, {'|', "'|'"}}) {
                if (cell.find(delimiter) == std::string_view::npos) continue;
                return fmt::format("\n  if the columns are separated by it, pass {{.delimiter = {}}}", literal);
            }
        }
        if (lines_.number() == 1) return "\n  if the first line holds names, pass {.header = true}";
        return "";
    }

    const std::string& path_;
    const CsvOptions& options_;
    LineReader lines_;
    std::string line_;
    std::string unquoted_;
    Table table_;
};

} // namespace

Table read_csv(const std::string& path, CsvOptions options, Site site) {
    const CallSite call(site);
    // Characters that numbers, quotes and line ends are made of, "nan" and "infinity" included.
    if (std::string_view("0123456789+-.eEaAfFiInNtTyY\"\r\n").find(options.delimiter) != std::string_view::npos ||
        options.delimiter == '\0') {
        fail<ValueError>("read_csv(path, options): options.delimiter is {}, which cannot separate numbers.",
                         shown(std::string_view(&options.delimiter, 1)));
    }
    return CsvParser(path, options).parse();
}

} // namespace xg::nn
