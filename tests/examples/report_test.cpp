#include <doctest/doctest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <examples/support/plot.hpp>
#include <examples/support/report.hpp>

#include "markup.hpp"

using namespace xg;
namespace fs = std::filesystem;

namespace {

/// An empty folder that lives as long as the object.
struct TempFolder {
    TempFolder() : path(fs::temp_directory_path() / ("xgrad_report_" + std::to_string(getpid()))) {
        fs::remove_all(path);
        fs::create_directory(path);
    }
    ~TempFolder() { fs::remove_all(path); }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    std::string file(const char* name) const { return (path / name).string(); }
    std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(path), {}); }
    fs::path path;
};

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string refusal(const std::string& path, std::string_view text) {
    try {
        plot::write_file(path, text);
    } catch (const std::runtime_error& error) { return error.what(); }
    return "";
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
#define CHECK_SAYS(text, part) CHECK_MESSAGE(has(text, part), text)

plot::Svg curve() {
    plot::Series series{.name = "a", .y = {1, 2}};
    return plot::line_chart({series});
}

plot::Report sample() {
    plot::Report report("Digits & more", "A lead.");
    report.cards({{"accuracy", "97.8 %", "347 of 355"}, {"time", "0.9 s"}})
        .heading("Learning")
        .paragraph("Some <b>text</b>.");
    report.figure(curve(), "The curve.");
    report.table({"digit", "images", "remark"}, {{"0", "35", "fine"}, {"1", "36", ""}}, "By digit");
    return report;
}

} // namespace

TEST_CASE("a report is well formed, with a language, one main heading and figures with captions") {
    const auto document = markup::read(sample().html());
    CHECK_MESSAGE(document.error.empty(), document.error);
    CHECK(document.all("html").at(0).attributes.at("lang") == "en");
    CHECK(document.all("h1").size() == 1);
    CHECK(document.all("h1")[0].text == "Digits &amp; more");
    CHECK(document.all("figure").size() == 1);
    CHECK(document.all("figcaption").at(0).text == "The curve.");
}

TEST_CASE("a report escapes text wherever it is given") {
    const std::string evil = "<script>\"&'</main>";
    plot::Report report(evil, evil, evil);
    report.heading(evil).paragraph(evil).cards({{evil, evil, evil}}).figure(plot::line_chart({}), evil);
    report.table({evil}, {{evil}}, evil);
    const auto document = markup::read(report.html());
    CHECK_MESSAGE(document.error.empty(), document.error);
    CHECK(document.all("script").empty());
}

TEST_CASE("a report needs nothing from outside and runs nothing") {
    const auto document = markup::read(sample().html());
    for (const auto& element : document.elements) {
        for (const char* name : {"src", "href", "onload", "onclick"}) CHECK_FALSE(element.attributes.contains(name));
    }
    CHECK(document.all("script").empty());
    CHECK(document.all("link").empty());
    CHECK_FALSE(has(sample().html(), "url("));
    CHECK_FALSE(has(sample().html(), "@import"));
}

TEST_CASE("a report serves both themes and narrow screens") {
    const std::string html = sample().html();
    CHECK(has(html, "prefers-color-scheme:dark"));
    CHECK(has(html, "width=device-width"));
}

TEST_CASE("a report ends every element an HTML reader needs ended") {
    plot::Report report("", "");
    report.heading("").paragraph("").cards({{"", ""}}).cards({}).figures({}).table({}, {});
    const std::string html = report.html();
    for (const char* wrong :
         {"<h1/>", "<h2/>", "<p/>", "<dl/>", "<div/>", "<dd/>", "<table/>", "<tbody/>", "<title/>"}) {
        CHECK_FALSE(has(html, wrong));
    }
    CHECK(markup::read(html).error.empty());
}

TEST_CASE("a table names its rows and columns and sets only numbers flush right") {
    const auto document = markup::read(sample().html());
    std::string scopes;
    for (const auto& th : document.all("th")) scopes += th.attributes.at("scope") + " ";
    CHECK(scopes == "col col col row row ");
    CHECK(document.all("td", "number").size() == 2);
    CHECK(document.all("td", "number").at(0).text == "35");
    CHECK(document.all("caption").at(0).text == "By digit");
}

TEST_CASE("a table refuses a row that does not fit its header") {
    plot::Report report("t");
    CHECK_THROWS_AS(report.table({"a", "b"}, {{"1", "2"}, {"3"}}), std::invalid_argument);
    CHECK_THROWS_AS(report.table({"a"}, {{"1", "2"}}), std::invalid_argument);
}

TEST_CASE("the same report gives the same bytes") { CHECK(sample().html() == sample().html()); }

TEST_CASE("a report is written whole and leaves no other file behind") {
    const TempFolder folder;
    sample().write(folder.file("report.html"));
    CHECK(content(folder.file("report.html")) == sample().html());
    CHECK(folder.files() == 1);
}

TEST_CASE("writing over an old file replaces it") {
    const TempFolder folder;
    plot::write_file(folder.file("a"), "a long old text");
    plot::write_file(folder.file("a"), "new");
    CHECK(content(folder.file("a")) == "new");
    CHECK(folder.files() == 1);
}

TEST_CASE("writing through a link changes the file and keeps the link") {
    const TempFolder folder;
    plot::write_file(folder.file("real"), "old");
    fs::create_symlink(folder.file("real"), folder.file("link"));
    plot::write_file(folder.file("link"), "new");
    CHECK(fs::is_symlink(folder.file("link")));
    CHECK(content(folder.file("real")) == "new");
}

TEST_CASE("writing into a folder that is not there names the path and the reason") {
    const TempFolder folder;
    const std::string path = folder.file("none/report.html");
    const std::string text = refusal(path, "x");
    CHECK_SAYS(text, "cannot write \"" + path + "\"");
    CHECK_SAYS(text, "No such file or directory");
}

TEST_CASE("writing to a directory or a device is refused and leaves it alone") {
    const TempFolder folder;
    CHECK_SAYS(refusal(folder.path.string(), "x"), "no regular file");
    CHECK_SAYS(refusal("/dev/null", "x"), "no regular file");
    CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a disk that refuses the text leaves the old file and nothing else") {
    const TempFolder folder;
    plot::write_file(folder.file("a"), "old");
    // A limit on the size of files stands in for a full disk.
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const std::string text = refusal(folder.file("a"), std::string(100000, 'x'));
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK_SAYS(text, "File too large");
    CHECK(content(folder.file("a")) == "old");
    CHECK(folder.files() == 1);
}

TEST_CASE("save_svg writes a drawing that is a document of its own") {
    const TempFolder folder;
    plot::save_svg(folder.file("chart.svg"), curve());
    const auto document = markup::read(content(folder.file("chart.svg")));
    CHECK_MESSAGE(document.error.empty(), document.error);
    CHECK(document.elements[0].attributes.at("xmlns") == "http://www.w3.org/2000/svg");
}
