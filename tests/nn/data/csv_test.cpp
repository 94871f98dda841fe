#include <doctest/doctest.h>

#include <atomic>
#include <cfloat>
#include <clocale>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include <autograd/error.hpp>
#include <nn/data/csv.hpp>

#include <unistd.h>

using xg::nn::CsvOptions;
using xg::nn::read_csv;
using xg::nn::Table;

namespace {

/// A file with the given bytes that lives as long as the object.
struct TempFile {
    explicit TempFile(std::string_view bytes) {
        static std::atomic<int> count{0};
        const auto name = "xgrad_csv_" + std::to_string(getpid()) + "_" + std::to_string(count++) + ".csv";
        path = (std::filesystem::temp_directory_path() / name).string();
        std::ofstream(path, std::ios::binary) << bytes;
    }
    ~TempFile() { std::filesystem::remove(path); }
    TempFile(const TempFile&) = delete;
    TempFile& operator=(const TempFile&) = delete;
    std::string path;
};

Table read(std::string_view bytes, CsvOptions options = {}) { return read_csv(TempFile(bytes).path, options); }

/// The text of the FileError that reading these bytes gives; empty if there is none.
std::string refusal(std::string_view bytes, CsvOptions options = {}) {
    try {
        read(bytes, options);
    } catch (const xg::FileError& error) { return error.what(); }
    return "";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

#define CHECK_SAYS(text, part) CHECK_MESSAGE(has(text, part), text)

using Numbers = std::vector<double>;

} // namespace

TEST_CASE("read_csv keeps the numbers of a file in row-major order") {
    const Table table = read("1,2,3\n4,5,6\n");
    CHECK(table.rows == 2);
    CHECK(table.columns == 3);
    CHECK(table.values == Numbers{1, 2, 3, 4, 5, 6});
    CHECK(table.names.empty());
}

TEST_CASE("read_csv takes a last line without a line end") { CHECK(read("1,2\n3,4").values == Numbers{1, 2, 3, 4}); }

TEST_CASE("read_csv takes the line ends of Windows") {
    const Table table = read("a,b\r\n1,2\r\n3,4\r\n", {.header = true});
    CHECK(table.values == Numbers{1, 2, 3, 4});
    CHECK(table.names == std::vector<std::string>{"a", "b"});
}

TEST_CASE("read_csv drops a byte order mark and keeps it out of the first name") {
    CHECK(read("\xef\xbb\xbf"
               "1,2\n")
              .values == Numbers{1, 2});
    CHECK(read("\xef\xbb\xbf"
               "x,y\n1,2\n",
               {.header = true})
              .names.front() == "x");
}

TEST_CASE("read_csv ignores spaces and tabs around numbers and names") {
    const Table table = read("  x , y\t\n 1 ,\t2  \n", {.header = true});
    CHECK(table.names == std::vector<std::string>{"x", "y"});
    CHECK(table.values == Numbers{1, 2});
}

TEST_CASE("read_csv takes signs, exponents and bare points") {
    CHECK(read("+1.5,-2e3,1E-2,.5,7.,-0\n").values == Numbers{1.5, -2000, 0.01, 0.5, 7, 0});
    CHECK(std::signbit(read("-0\n").values[0]));
}

TEST_CASE("read_csv rounds to the nearest double") {
    CHECK(read("0.1,2.2250738585072014e-308,5e-324,1.7976931348623157e308\n").values ==
          Numbers{0.1, DBL_MIN, DBL_TRUE_MIN, DBL_MAX});
}

TEST_CASE("read_csv takes quoted numbers and spaces around the quotes") {
    CHECK(read("\"1\", \"2.5\" ,\" 3 \"\n").values == Numbers{1, 2.5, 3});
}

TEST_CASE("read_csv keeps delimiters and doubled quotes inside quoted names") {
    CHECK(read("\"size, in \"\"mm\"\"\",y\n1,2\n", {.header = true}).names ==
          std::vector<std::string>{"size, in \"mm\"", "y"});
}

TEST_CASE("read_csv splits at the given delimiter only") {
    CHECK(read("1;2\n", {.delimiter = ';'}).values == Numbers{1, 2});
    CHECK(read("1\t 2\n", {.delimiter = '\t'}).values == Numbers{1, 2});
    CHECK(read("1 2\n", {.delimiter = ' '}).values == Numbers{1, 2});
}

TEST_CASE("read_csv of a header alone is a table of no rows") {
    const Table table = read("a,b\n", {.header = true});
    CHECK(table.rows == 0);
    CHECK(table.columns == 2);
    CHECK(table.values.empty());
}

TEST_CASE("read_csv reads the packaged digits whole") {
    const auto root = std::filesystem::path(XGRAD_SOURCE_DIR);
    const Table digits = read_csv((root / "examples/data/digits.csv").string());
    CHECK(digits.rows == 1797);
    CHECK(digits.columns == 65);
    // The count of each digit is in the data set's own documentation.
    Numbers count(10);
    double largest = 0;
    for (std::size_t row = 0; row < 1797; ++row) {
        ++count.at(static_cast<std::size_t>(digits.values[row * 65 + 64]));
        for (std::size_t pixel = 0; pixel < 64; ++pixel) largest = std::max(largest, digits.values[row * 65 + pixel]);
    }
    CHECK(count == Numbers{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
    CHECK(largest == 16);
}

TEST_CASE("read_csv joins a line that is longer than its read buffer") {
    std::string line = "1";
    for (int i = 2; i <= 50000; ++i) line += "," + std::to_string(i);
    const Table table = read(line + "\n" + line + "\n");
    CHECK(table.columns == 50000);
    CHECK(table.values[49999] == 50000);
    CHECK(table.values[50000] == 1);
}

TEST_CASE("read_csv reads a point in a locale that writes a comma") {
    const char* comma = std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
    CHECK(read("1.5\n").values == Numbers{1.5});
    if (comma) std::setlocale(LC_NUMERIC, "C");
}

TEST_CASE("read_csv names file, line, column and text of a cell that is not a number") {
    const TempFile file("1,2\n3,4x\n");
    try {
        read_csv(file.path);
        FAIL("nothing was thrown");
    } catch (const xg::FileError& error) {
        const std::string text = error.what();
        CHECK_SAYS(text, "FileError: read_csv(\"" + file.path + "\"): line 2, column 2: \"4x\" is not a number.");
    }
}

TEST_CASE("read_csv names the caller's line") {
    const TempFile file("x\n");
    const int line = __LINE__ + 2;
    try {
        read_csv(file.path);
    } catch (const xg::FileError& error) {
        CHECK_SAYS(std::string(error.what()), "csv_test.cpp:" + std::to_string(line));
    }
}

TEST_CASE("read_csv gives the name of the column it refuses") {
    CHECK_SAYS(refusal("age,weight\n3,heavy\n", {.header = true}), "line 2, column 2 (\"weight\"): \"heavy\"");
}

TEST_CASE("read_csv suggests a header only for text in the first line") {
    CHECK_SAYS(refusal("a,b\n1,2\n"), "pass {.header = true}");
    CHECK_FALSE(has(refusal("1,2\na,b\n"), "header"));
}

TEST_CASE("read_csv suggests the delimiter that a single column holds") {
    CHECK_SAYS(refusal("1;2\n3;4\n"), "pass {.delimiter = ';'}");
    CHECK_SAYS(refusal("1\t2\n"), "pass {.delimiter = '\\t'}");
    CHECK_SAYS(refusal("1,2\n", {.delimiter = ';'}), "pass {.delimiter = ','}");
}

TEST_CASE("read_csv refuses a row that is shorter than the first") {
    CHECK_SAYS(refusal("1,2,3\n4,5\n"), "line 2, column 2: the row ends after \"4,5\", 2 of the 3 columns of line 1.");
}

TEST_CASE("read_csv refuses a row that is longer than the first") {
    CHECK_SAYS(refusal("1,2\n3,4,5\n"), "line 2, column 3: \"5\" is beyond the 2 columns of line 1.");
}

TEST_CASE("read_csv holds rows to the length of the header") {
    CHECK_SAYS(refusal("a,b\n1\n", {.header = true}), "line 2, column 1");
}

TEST_CASE("read_csv refuses an empty cell wherever it stands") {
    CHECK_SAYS(refusal("1,,3\n"), "line 1, column 2: the cell is empty");
    CHECK_SAYS(refusal(",2,3\n"), "line 1, column 1: the cell is empty");
    CHECK_SAYS(refusal("1,2,\n"), "line 1, column 3: the cell is empty");
    CHECK_SAYS(refusal("1,\"\"\n"), "line 1, column 2: the cell is empty");
    CHECK_SAYS(refusal("1, \t\n"), "line 1, column 2: the cell is empty");
}

TEST_CASE("read_csv refuses an empty line between rows and after them") {
    CHECK_SAYS(refusal("1\n\n2\n"), "line 2, column 1: the line is empty.");
    CHECK_SAYS(refusal("1\r\n\r\n"), "line 2, column 1: the line is empty.");
}

TEST_CASE("read_csv refuses NaN and infinity unless they are allowed") {
    for (const char* text : {"nan", "NaN", "inf", "-inf", "INFINITY"}) {
        CHECK_SAYS(refusal("1," + std::string(text) + "\n"),
                   "line 1, column 2: \"" + std::string(text) + "\" is not finite.");
    }
    const Table table = read("nan,-inf,Infinity\n", {.allow_nonfinite = true});
    CHECK(std::isnan(table.values[0]));
    CHECK(table.values[1] == -HUGE_VAL);
    CHECK(table.values[2] == HUGE_VAL);
}

TEST_CASE("read_csv refuses numbers that no double holds") {
    CHECK_SAYS(refusal("1e400\n"), "\"1e400\" does not fit a double.");
    CHECK_SAYS(refusal("1e400\n", {.allow_nonfinite = true}), "\"1e400\" does not fit a double.");
    CHECK_SAYS(refusal("1e-400\n"), "\"1e-400\" does not fit a double.");
}

TEST_CASE("read_csv refuses everything that is nearly a number") {
    for (const char* text :
         {"+-1", "++1", "--1", "+", "-", ".", "1e", "1 2", "0x10", "1_000", "1.2.3", "nan(7)", "1f", "e5"}) {
        CHECK_SAYS(refusal(std::string(text) + "\n", {.allow_nonfinite = true}), "is not a number.");
    }
}

TEST_CASE("read_csv refuses quotes that do not close or have text behind them") {
    CHECK_SAYS(refusal("1,\"2\n3,4\n"), "line 1, column 2: \"\"2\" opens a quote that does not close.");
    CHECK_SAYS(refusal("1,\"2\"3\n"), "line 1, column 2: \"\"2\"3\" has text after its closing quote.");
}

TEST_CASE("read_csv refuses an empty file") { CHECK_SAYS(refusal(""), "the file is empty."); }

TEST_CASE("read_csv refuses a missing file with the reason") {
    CHECK_THROWS_WITH_AS(read_csv("/no/such.csv", {}, {}),
                         "FileError: read_csv(\"/no/such.csv\"): cannot open the file: No such file or directory.",
                         xg::FileError);
}

TEST_CASE("read_csv refuses a directory with the reason") {
    CHECK_THROWS_WITH_AS(read_csv("/", {}, {}), "FileError: read_csv(\"/\"): cannot read the file: Is a directory.",
                         xg::FileError);
}

TEST_CASE("read_csv refuses a line over the limit without reading the rest") {
    CHECK_SAYS(refusal("1\n22222222222\n", {.max_line_bytes = 10}),
               "line 2, column 1: the line is longer than 10 bytes");
    CHECK(refusal("2222222222\n", {.max_line_bytes = 10}).empty());
    CHECK_THROWS_AS(read_csv("/dev/zero", {.max_line_bytes = 1000}), xg::FileError); // it has no end
}

TEST_CASE("read_csv refuses a NUL byte") {
    CHECK_SAYS(refusal(std::string("1,2\0,3\n", 7)), "line 1, column 2: there is a NUL byte after \"1,2\"");
}

TEST_CASE("read_csv says what a file is that is no text in UTF-8") {
    CHECK_SAYS(refusal("\x1f\x8b\x08"), "gzip");
    CHECK_SAYS(refusal(std::string("\xff\xfe"
                                   "1\0\n\0",
                                   6)),
               "UTF-16");
}

TEST_CASE("read_csv shows unprintable bytes escaped and long text cut") {
    CHECK_SAYS(refusal("1\x1b[2J\n"), "\"1\\x1b[2J\" is not a number");
    CHECK_SAYS(refusal(std::string(39, 'x') + "\xc3\xa9\xc3\xa9\n"), std::string(39, 'x') + "...\" is not a number");
}

TEST_CASE("read_csv refuses delimiters that are part of numbers or lines") {
    for (const char c : {'.', '-', '+', '5', 'e', 'N', '"', '\n', '\r', '\0'}) {
        CHECK_THROWS_AS(read_csv("unread.csv", {.delimiter = c}), xg::ValueError);
    }
}
