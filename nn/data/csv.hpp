#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include <autograd/dtype.hpp>
#include <autograd/export.hpp>
#include <autograd/site.hpp>

namespace xg::nn {

struct CsvOptions {
    bool header = false;                               ///< the first line holds the names of the columns
    char delimiter = ',';                              ///< ValueError if it can be part of a number or of a line's end
    bool allow_nonfinite = false;                      ///< take "nan", "inf" and "infinity" in any case as numbers
    std::size_t max_line_bytes = std::size_t{1} << 24; ///< a longer line is refused, so that no wrong file fills memory
};

/// A rectangle of numbers. `values` is row-major: the number in row i and column j is values[i * columns + j].
struct Table {
    std::vector<double> values;
    Index rows = 0;
    Index columns = 0;
    std::vector<std::string> names; ///< one a column when the file has a header, else empty
};

/// Reads a file of numbers, one row a line. Numbers are written with a point, in any locale; spaces around them,
/// quotes, a leading plus, exponents, CRLF and a UTF-8 byte order mark are understood, a line break inside quotes is
/// not. Nothing is skipped, guessed or filled in.
/// FileError, with the file, the line and the column (both from 1) and the offending text: a file that is missing,
/// unreadable or empty, a row longer or shorter than the first, a cell that is empty, not a number, not finite or
/// beyond the range of double, an empty line, a NUL byte, an open quote, a line over `max_line_bytes`.
/// Source of the format: RFC 4180.
XGRAD_API Table read_csv(const std::string& path, CsvOptions options = {}, Site site = Site::here());

} // namespace xg::nn
