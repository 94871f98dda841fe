#include <doctest/doctest.h>

#include <cfloat>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <examples/support/plot.hpp>

#include "markup.hpp"

using namespace xg;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Reads a drawing and demands that it is well formed.
markup::Document drawn(const plot::Svg& svg) {
    const markup::Document document = markup::read(svg.text);
    REQUIRE_MESSAGE(document.error.empty(), document.error);
    return document;
}

plot::Series named(std::string name, std::vector<double> y) { return {.name = std::move(name), .y = std::move(y)}; }
plot::Series points(std::vector<double> x, std::vector<double> y) { return {.x = std::move(x), .y = std::move(y)}; }
plot::Image image(std::size_t rows, std::size_t columns, std::vector<double> pixels) {
    return {.pixels = std::move(pixels), .rows = rows, .columns = columns};
}

struct Point {
    double x, y;
};
/// The corners of a path, one list for each stretch that is drawn without lifting the pen.
std::vector<std::vector<Point>> stretches(const std::string& path) {
    std::vector<std::vector<Point>> out;
    const char* at = path.c_str();
    while (*at) {
        if (*at == 'M') out.emplace_back();
        char* end = nullptr;
        const double x = std::strtod(at + 1, &end);
        const double y = std::strtod(end, &end);
        out.back().push_back({x, y});
        at = end;
    }
    return out;
}
/// The line of series k. The first path of its class is the sign in the legend.
std::vector<std::vector<Point>> line(const markup::Document& document, int k) {
    const auto paths = document.all("path", "line" + std::to_string(k));
    return paths.size() < 2 ? std::vector<std::vector<Point>>() : stretches(paths[1].attributes.at("d"));
}
std::string all_text(const markup::Document& document) {
    std::string out;
    for (const auto& e : document.elements) out += e.text + "\n";
    return out;
}
bool says(const markup::Document& document, const std::string& words) {
    return all_text(document).find(words) != std::string::npos;
}

} // namespace

TEST_CASE("escape makes text safe for content and attributes") {
    CHECK(plot::escape("a<b> & \"c\" 'd'") == "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
    CHECK(plot::escape("\u00e9 \u6570 \U0001F600") == "\u00e9 \u6570 \U0001F600");
}

TEST_CASE("escape replaces what no XML document may hold") {
    CHECK(plot::escape("a\x01"
                       "b") == "a\ufffdb");
    CHECK(plot::escape("\xff") == "\ufffd");
    CHECK(plot::escape("\xc3") == "\ufffd");                     // cut short
    CHECK(plot::escape("\xc0\xaf") == "\ufffd\ufffd");           // a slash in disguise
    CHECK(plot::escape("\xe0\x80\xaf") == "\ufffd\ufffd\ufffd"); // the same in three bytes
    CHECK(plot::escape("\xed\xa0\x80") == "\ufffd\ufffd\ufffd"); // half a surrogate pair
    CHECK(plot::escape(std::string_view("a\0b", 3)) ==
          "a\ufffd"
          "b");
}

TEST_CASE("coordinates are short and have a point in every locale") {
    const char* comma = std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
    CHECK(plot::coordinate(1.5) == "1.5");
    CHECK(plot::coordinate(2) == "2");
    CHECK(plot::coordinate(-0.001) == "0");
    CHECK(plot::coordinate(1234.567) == "1234.57");
    if (comma) std::setlocale(LC_NUMERIC, "C");
}

TEST_CASE("ticks stand at round numbers inside the range") {
    const plot::Axis axis = plot::make_axis(0.13, 0.98, {.ticks = 5});
    std::vector<std::string> labels;
    for (const auto& tick : axis.ticks) labels.push_back(tick.label);
    CHECK(labels == std::vector<std::string>{"0.2", "0.4", "0.6", "0.8"});
}

TEST_CASE("tick labels of one axis have the same decimals and no noise") {
    std::vector<std::string> labels;
    for (const auto& tick : plot::make_axis(-0.1, 0.35, {.ticks = 5}).ticks) labels.push_back(tick.label);
    CHECK(labels == std::vector<std::string>{"\u22120.1", "0.0", "0.1", "0.2", "0.3"});
}

TEST_CASE("ticks of whole numbers do not fall between them") {
    for (const auto& tick : plot::make_axis(1, 3, {.integers = true, .ticks = 8}).ticks) {
        CHECK(tick.value == std::floor(tick.value));
    }
}

TEST_CASE("percent ticks are labelled in hundredths") {
    const plot::Axis axis = plot::make_axis(0, 1, {.percent = true, .ticks = 5});
    CHECK(axis.ticks.at(1).value == doctest::Approx(0.2));
    CHECK(axis.ticks.at(1).label == "20\u00a0%");
}

TEST_CASE("a logarithmic axis has a tick at each decade and equal steps for equal factors") {
    const plot::Axis axis = plot::make_axis(0.001, 10, {.log = true});
    std::vector<std::string> labels;
    for (const auto& tick : axis.ticks) {
        if (!tick.label.empty()) labels.push_back(tick.label);
    }
    CHECK(labels == std::vector<std::string>{"0.001", "0.01", "0.1", "1", "10"});
    CHECK(axis.position(0.1) == doctest::Approx(0.5));
}

TEST_CASE("a logarithmic axis within one decade still has two labels or more") {
    int labelled = 0;
    for (const auto& tick : plot::make_axis(0.21, 0.34, {.log = true}).ticks) labelled += !tick.label.empty();
    CHECK(labelled >= 2);
}

TEST_CASE("an axis can be made of any range of doubles") {
    const double hostile[] = {-DBL_MAX, -1e300, -1, -DBL_TRUE_MIN,   0,     DBL_TRUE_MIN,
                              DBL_MIN,  1e-300, 1,  1 + DBL_EPSILON, 1e300, DBL_MAX};
    for (const double low : hostile) {
        for (const double high : hostile) {
            for (const bool log : {false, true}) {
                if (low > high || (log && low <= 0)) continue;
                const plot::Axis axis = plot::make_axis(low, high, {.log = log});
                CAPTURE(low);
                CAPTURE(high);
                CHECK(axis.low < axis.high);
                CHECK(axis.ticks.size() < 700);
                CHECK(std::isfinite(axis.position(axis.low)));
                for (const auto& tick : axis.ticks) CHECK(std::isfinite(tick.value));
            }
        }
    }
}

TEST_CASE("line_chart puts the largest number on top and later numbers to the right") {
    const auto points = line(drawn(plot::line_chart({named("a", {1, 5, 2, 3})})), 0).at(0);
    REQUIRE(points.size() == 4);
    CHECK(points[1].y < points[3].y);
    CHECK(points[3].y < points[2].y);
    CHECK(points[2].y < points[0].y);
    for (int i = 0; i < 3; ++i) CHECK(points[i].x < points[i + 1].x);
}

TEST_CASE("line_chart places numbers in proportion") {
    const auto points = line(drawn(plot::line_chart({{.name = "a", .x = {0, 1, 4}, .y = {10, 20, 60}}})), 0).at(0);
    CHECK((points[2].x - points[0].x) / (points[1].x - points[0].x) == doctest::Approx(4).epsilon(0.01));
    CHECK((points[2].y - points[0].y) / (points[1].y - points[0].y) == doctest::Approx(5).epsilon(0.01));
}

TEST_CASE("line_chart labels a height where the line has it") {
    const auto document = drawn(plot::line_chart({named("a", {0, 2, 4})}));
    const auto points = line(document, 0).at(0);
    const auto label = document.texts("2");
    REQUIRE_FALSE(label.empty());
    CHECK(label[0].number("y") == doctest::Approx(points[1].y + 4).epsilon(0.001)); // a baseline is below the middle
}

TEST_CASE("line_chart keeps every point inside the drawing") {
    const auto svg =
        plot::line_chart({named("a", {-3, 1e6, 4})}, {.title = "t", .x_label = "x", .width = 300, .height = 200});
    const auto points = line(drawn(svg), 0).at(0);
    for (const auto& p : points) {
        CHECK(p.x >= 0);
        CHECK(p.x <= 300);
        CHECK(p.y >= 0);
        CHECK(p.y <= 200);
    }
}

TEST_CASE("line_chart breaks a line at NaN and infinity") {
    const auto parts = line(drawn(plot::line_chart({named("a", {1, 2, missing, 3, 4, INFINITY, 5, 6, 7})})), 0);
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].size() == 2);
    CHECK(parts[1].size() == 2);
    CHECK(parts[2].size() == 3);
}

TEST_CASE("line_chart writes no number that is not finite") {
    const auto svg = plot::line_chart(
        {{.name = "a", .x = {1, missing, 3, INFINITY}, .y = {missing, 2, -INFINITY, 3}}, named("b", {1, missing})});
    CHECK(svg.text.find("nan") == std::string::npos);
    CHECK(svg.text.find("inf") == std::string::npos);
}

TEST_CASE("charts of the most hostile numbers are well formed and hold no coordinate that is not finite") {
    const std::vector<double> hostile{0,       DBL_TRUE_MIN, -DBL_TRUE_MIN, 1e-300,    1,      -1e300,
                                      DBL_MAX, -DBL_MAX,     INFINITY,      -INFINITY, missing};
    for (const double a : hostile) {
        for (const double b : hostile) {
            const plot::Series series = points({a, b, 1}, {b, a, 1});
            for (const plot::Svg& svg : {plot::line_chart({series}), plot::line_chart({series}, {.log_y = true}),
                                         plot::scatter_chart({series})}) {
                std::string values;
                for (const auto& element : drawn(svg).elements) {
                    for (const auto& attribute : element.attributes) { values += attribute.second + " "; }
                }
                CAPTURE(a);
                CAPTURE(b);
                CHECK(values.find("nan") == std::string::npos);
                CHECK(values.find("inf") == std::string::npos);
            }
            drawn(plot::matrix_chart({a, b}, 1, 2));
            drawn(plot::image_grid({image(1, 2, {a, b})}));
        }
    }
}

TEST_CASE("line_chart shows a single point and a point between gaps as dots") {
    CHECK(drawn(plot::line_chart({named("a", {7})})).all("circle", "fill0").size() == 1);
    CHECK(drawn(plot::line_chart({named("a", {1, 2, missing, 3, missing, 4, 5})})).all("circle", "fill0").size() == 2);
}

TEST_CASE("line_chart draws a constant in the middle") {
    const auto svg = plot::line_chart({named("a", {5, 5, 5})});
    const auto document = drawn(svg);
    CHECK_FALSE(document.texts("5.0").empty());
    CHECK(line(document, 0).at(0).at(0).y == doctest::Approx(line(document, 0).at(0).at(2).y));
}

TEST_CASE("line_chart says so when there is nothing to draw") {
    CHECK(says(drawn(plot::line_chart({})), "no data"));
    CHECK(says(drawn(plot::line_chart({{.name = "a"}})), "no data"));
    CHECK(says(drawn(plot::line_chart({named("a", {missing, missing})}, {.log_y = true})), "no data"));
    CHECK_FALSE(says(drawn(plot::line_chart({named("a", {1})})), "no data"));
}

TEST_CASE("line_chart names every series in the legend and each has a colour and dashes of its own") {
    const auto document = drawn(plot::line_chart({named("training", {1, 2}), named("held out", {2, 1})}));
    CHECK(document.texts("training").size() == 1);
    CHECK(document.texts("held out").size() == 1);
    const auto first = document.all("path", "line0").at(1);
    const auto second = document.all("path", "line1").at(1);
    CHECK(first.attributes.at("stroke") != second.attributes.at("stroke"));
    CHECK_FALSE(first.attributes.contains("stroke-dasharray"));
    CHECK(second.attributes.contains("stroke-dasharray"));
}

TEST_CASE("line_chart on a logarithmic axis leaves out numbers at or below zero and counts them") {
    const auto document = drawn(plot::line_chart({named("a", {1, 0.1, 0, -2, 0.01, 0.001})}, {.log_y = true}));
    CHECK(line(document, 0).size() == 2);
    CHECK(says(document, "2 values at or below zero"));
}

TEST_CASE("line_chart on a logarithmic axis gives equal factors equal heights") {
    const auto points = line(drawn(plot::line_chart({named("a", {100, 10, 1})}, {.log_y = true})), 0).at(0);
    CHECK(points[1].y - points[0].y == doctest::Approx(points[2].y - points[1].y).epsilon(0.001));
}

TEST_CASE("line_chart keeps the extremes of a long series and stays small") {
    std::vector<double> y(200000, 1.0);
    y[123456] = 9; // close together, so that they share a place on the screen
    y[123458] = -9;
    const auto svg = plot::line_chart({{.name = "a", .y = y}});
    CHECK(svg.text.size() < 100000);
    double top = 1e9;
    double bottom = 0;
    const auto points = line(drawn(svg), 0).at(0);
    for (const auto& p : points) {
        top = std::min(top, p.y);
        bottom = std::max(bottom, p.y);
    }
    const double middle = points.front().y;
    CHECK(middle - top == doctest::Approx(8.0 / 18 * (bottom - top)).epsilon(0.01));
}

TEST_CASE("line_chart obeys the limits given for the axis") {
    const auto document = drawn(plot::line_chart({named("a", {0.4, 0.6})}, {.y_min = 0.0, .y_max = 1.0}));
    CHECK(document.texts("0.0").size() == 1);
    CHECK(document.texts("1.0").size() == 1);
}

TEST_CASE("line_chart keeps a limit that all numbers lie beyond") {
    for (const bool log : {false, true}) {
        const auto document = drawn(plot::line_chart({named("a", {50, 90})}, {.log_y = log, .y_max = 5.0}));
        CHECK(document.texts("5").size() == 1);
    }
    CHECK(drawn(plot::line_chart({named("a", {-3, -2})}, {.y_min = 2.0})).texts("2.0").size() == 1);
}

TEST_CASE("line_chart refuses limits that make no axis") {
    const std::vector<plot::Series> series{named("a", {1, 2})};
    CHECK_THROWS_AS(plot::line_chart(series, {.y_min = 2.0, .y_max = 1.0}), std::invalid_argument);
    CHECK_THROWS_AS(plot::line_chart(series, {.log_y = true, .y_min = 0.0}), std::invalid_argument);
    CHECK_THROWS_AS(plot::line_chart(series, {.y_max = missing}), std::invalid_argument);
    CHECK_THROWS_AS(plot::line_chart(series, {.y_max = INFINITY}), std::invalid_argument);
}

TEST_CASE("line_chart refuses a series with another number of x than of y") {
    CHECK_THROWS_WITH_AS(plot::line_chart({{.name = "a", .x = {1, 2}, .y = {1}}}),
                         "plot: the series \"a\" has 2 x for 1 y", std::invalid_argument);
}

TEST_CASE("charts escape every text they are given") {
    const std::string evil = "</svg><script>\"&'";
    const auto safe = [](const plot::Svg& svg) {
        drawn(svg);
        CHECK(svg.text.find("<script") == std::string::npos);
    };
    safe(plot::line_chart({named(evil, {1, 2})}, {.title = evil, .x_label = evil, .y_label = evil}));
    safe(plot::scatter_chart({named(evil, {1, 2})}, {.title = evil, .x_label = evil, .y_label = evil}));
    safe(plot::matrix_chart({1}, 1, 1,
                            {.title = evil,
                             .remark = evil,
                             .row_title = evil,
                             .column_title = evil,
                             .row_labels = {evil},
                             .column_labels = {evil}}));
    safe(plot::image_grid({{.pixels = {1}, .rows = 1, .columns = 1, .caption = evil, .note = evil}},
                          {.title = evil, .remark = evil}));
}

TEST_CASE("charts tell a screen reader what they are") {
    const auto document = drawn(plot::line_chart({named("loss", {3, 1, 2})}, {.title = "Learning"}));
    CHECK(document.elements[0].attributes.at("role") == "img");
    CHECK(document.elements[1].name == "title");
    CHECK(document.elements[1].text == "Learning");
    CHECK(document.elements[2].name == "desc");
    CHECK(says(document, "loss: 3 points from 1 to 3, the last 2."));
}

TEST_CASE("matrix_chart writes each number into its cell") {
    const auto document = drawn(plot::matrix_chart({11, 12, 13, 21, 22, 23}, 2, 3));
    const auto at = [&](const char* words) { return document.texts(words).at(0); };
    CHECK(at("11").number("y") == at("13").number("y"));
    CHECK(at("21").number("y") > at("11").number("y"));
    CHECK(at("21").number("x") == at("11").number("x"));
    CHECK(at("12").number("x") > at("11").number("x"));
    CHECK(at("13").number("x") > at("12").number("x"));
}

TEST_CASE("matrix_chart labels rows and columns with numbers from 0 or with names") {
    CHECK(drawn(plot::matrix_chart({7, 7, 7, 7}, 2, 2)).texts("1").size() == 2);
    const auto document =
        drawn(plot::matrix_chart({7, 7, 7, 7}, 2, 2, {.row_labels = {"cat", "dog"}, .column_labels = {"a", "b"}}));
    CHECK(document.texts("dog").at(0).number("y") > document.texts("cat").at(0).number("y"));
    CHECK(document.texts("b").at(0).number("x") > document.texts("a").at(0).number("x"));
}

TEST_CASE("matrix_chart colours by sign and by size") {
    const auto document = drawn(plot::matrix_chart({4, 2, -4, 0}, 2, 2, {.decimals = 1}));
    const auto above = document.all("rect", "cell0");
    const auto below = document.all("rect", "cell1");
    REQUIRE(above.size() == 2);
    REQUIRE(below.size() == 1);
    CHECK(above[0].number("fill-opacity") == 1);
    CHECK(above[1].number("fill-opacity") == 0.5);
    CHECK(below[0].number("fill-opacity") == 1);
}

TEST_CASE("a confusion matrix sets a single mistake off from many hits") {
    const auto document = drawn(plot::matrix_chart({40, 1, 0, 50}, 2, 2, {.confusion = true}));
    const auto wrong = document.all("rect", "cell1"); // the first is the sign in the legend
    REQUIRE(wrong.size() == 2);
    CHECK(wrong[1].number("fill-opacity") >= 0.5);
    CHECK(document.all("rect", "cell0").size() == 3);
}

TEST_CASE("numbers in cells can be read on every shade and in both themes") {
    for (std::size_t colour = 0; colour < 2; ++colour) {
        for (int step = 0; step <= 1000; ++step) {
            const plot::Shade shade{colour, step / 1000.0};
            const plot::Rgb text = shade.white_text() ? plot::Rgb{255, 255, 255} : plot::Rgb{0, 0, 0};
            const plot::Rgb day = plot::mix(plot::light_theme.cell[colour], plot::light_theme.paper, shade.alpha);
            const plot::Rgb night = plot::mix(plot::dark_theme.cell[colour], plot::dark_theme.paper, shade.alpha);
            CAPTURE(colour);
            CAPTURE(step);
            CHECK(plot::contrast(day, text) >= 4.5); // WCAG 2.1, level AA
            CHECK(plot::contrast(night, {255, 255, 255}) >= 4.5);
        }
    }
}

TEST_CASE("series colours stand out from the paper in both themes") {
    for (const plot::Theme& theme : {plot::light_theme, plot::dark_theme}) {
        for (const plot::Rgb colour : theme.series)
            CHECK(plot::contrast(colour, theme.paper) >= 3); // WCAG 2.1, graphics
    }
}

TEST_CASE("matrix_chart shows NaN and infinity in words") {
    const auto document = drawn(plot::matrix_chart({1, missing, INFINITY, -INFINITY}, 2, 2));
    CHECK(document.texts("NaN").size() == 1);
    CHECK(document.texts("inf").size() == 1);
    CHECK(document.texts("\u2212inf").size() == 1);
    CHECK(document.all("rect", "cell0").at(1).number("fill-opacity") == 1);
}

TEST_CASE("matrix_chart drops numbers from cells too small for them and gives the range") {
    std::vector<double> values(64 * 64, 0.25);
    values[0] = -3;
    const auto svg = plot::matrix_chart(values, 64, 64);
    const auto document = drawn(svg);
    CHECK(document.texts("0").size() == 2); // the first row and the first column
    CHECK(says(document, "from \u22123 to 0.25"));
    CHECK(svg.text.size() < 40000);
}

TEST_CASE("matrix_chart refuses sizes that do not fit") {
    CHECK_THROWS_AS(plot::matrix_chart({1, 2, 3}, 2, 2), std::invalid_argument);
    CHECK_THROWS_AS(plot::matrix_chart({1, 2}, 1, 2, {.column_labels = {"a"}}), std::invalid_argument);
    drawn(plot::matrix_chart({}, 0, 0));
}

TEST_CASE("image_grid paints each pixel in its place, darker where it is larger") {
    const auto document = drawn(plot::image_grid({image(2, 2, {0, 16, 8, 0})}, {.low = 0, .high = 16}));
    std::map<std::string, double> opacity;
    for (const auto& path : document.all("path")) opacity[path.attributes.at("d")] = path.number("fill-opacity");
    CHECK(opacity.size() == 2); // paper is not painted
    CHECK(opacity.at("M1 0h1v1h-1z") == 1);
    CHECK(opacity.at("M0 1h1v1h-1z") == doctest::Approx(0.5).epsilon(0.02));
}

TEST_CASE("image_grid joins equal neighbours in a row and never across rows") {
    const auto document = drawn(plot::image_grid({image(2, 3, {1, 1, 1, 1, 0, 1})}));
    REQUIRE(document.all("path").size() == 1);
    CHECK(document.all("path")[0].attributes.at("d") == "M0 0h3v1h-3zM0 1h1v1h-1zM2 1h1v1h-1z");
}

TEST_CASE("image_grid as light shows the largest value white in both themes") {
    const auto document = drawn(plot::image_grid({image(1, 2, {0, 1})}, {.grey = plot::Grey::light}));
    CHECK(document.all("path").at(0).attributes.at("fill") == "#000000");
    CHECK(document.all("path").at(1).attributes.at("fill") == "#ffffff");
}

TEST_CASE("image_grid uses one scale of grey for all images") {
    const auto document = drawn(plot::image_grid({image(1, 2, {0, 1}), image(1, 2, {0, 2})}));
    CHECK(document.all("path").at(0).number("fill-opacity") == doctest::Approx(0.5).epsilon(0.02));
    CHECK(document.all("path").at(1).number("fill-opacity") == 1);
}

TEST_CASE("image_grid begins a new row after the given number of images and captions each") {
    std::vector<plot::Image> images(5, image(1, 1, {1}));
    for (int i = 0; i < 5; ++i) images[i].caption = "image " + std::to_string(i);
    const auto document = drawn(plot::image_grid(images, {.columns = 3}));
    const auto place = [&](int i) { return document.texts("image " + std::to_string(i)).at(0); };
    CHECK(place(2).number("y") == place(0).number("y"));
    CHECK(place(3).number("y") > place(0).number("y"));
    CHECK(place(3).number("x") == place(0).number("x"));
    CHECK(place(4).number("y") < document.elements[0].number("height"));
}

TEST_CASE("image_grid shows NaN pixels in a colour instead of hiding them") {
    CHECK(drawn(plot::image_grid({image(1, 2, {0, missing})})).all("path", "fill1").size() == 1);
}

TEST_CASE("image_grid refuses an image with another number of pixels than its size") {
    CHECK_THROWS_AS(plot::image_grid({image(2, 2, {1, 2, 3})}), std::invalid_argument);
    CHECK(says(drawn(plot::image_grid({})), "no images"));
}

TEST_CASE("scatter_chart puts larger x to the right and larger y on top") {
    const auto document = drawn(plot::scatter_chart({points({0, 3, 1}, {0, 5, 2})}));
    const auto dots = document.all("circle");
    REQUIRE(dots.size() == 3);
    CHECK(dots[0].number("cx") < dots[2].number("cx"));
    CHECK(dots[2].number("cx") < dots[1].number("cx"));
    CHECK(dots[1].number("cy") < dots[2].number("cy"));
    CHECK(dots[2].number("cy") < dots[0].number("cy"));
}

TEST_CASE("scatter_chart gives each group a shape of its own and leaves out what is not finite") {
    const auto document =
        drawn(plot::scatter_chart({points({0, missing, 1}, {0, 1, INFINITY}), points({1, 2}, {1, 2})}));
    CHECK(document.all("circle").size() == 1);
    int triangles = 0;
    for (const auto& path : document.all("path")) triangles += path.attributes.contains("transform");
    CHECK(triangles == 2);
}

TEST_CASE("scatter_chart draws the boundary where the field is one half") {
    plot::Field field{.x_low = 0, .x_high = 10, .y_low = 0, .y_high = 1, .columns = 11, .rows = 5};
    field.fill([](double x, double) { return x / 10; }); // one half at x = 5
    const auto document = drawn(plot::scatter_chart({points({0, 5, 10}, {0.5, 0.5, 0.5})}, {.field = field}));
    const double middle = document.all("circle").at(1).number("cx");
    const auto boundary = stretches(document.all("path", "boundary").at(0).attributes.at("d"));
    REQUIRE(boundary.size() >= 4);
    for (const auto& piece : boundary) {
        for (const auto& p : piece) CHECK(p.x == doctest::Approx(middle).epsilon(0.001));
    }
}

TEST_CASE("scatter_chart changes the colour of the field where it draws the boundary") {
    plot::Field field{.x_low = 0, .x_high = 10, .y_low = 0, .y_high = 1};
    field.fill([](double x, double) { return x < 3 ? 0.0 : 1.0; });
    const auto document = drawn(plot::scatter_chart({points({8}, {0.5})}, {.field = field}));
    const double boundary = stretches(document.all("path", "boundary").at(0).attributes.at("d")).at(0).at(0).x;
    for (const auto& group : document.all("g")) {
        if (!group.attributes.contains("shape-rendering")) continue;
        double left = 0;
        double scale = 0;
        std::sscanf(group.attributes.at("transform").c_str(), "translate(%lf %*f) scale(%lf", &left, &scale);
        const double column = std::stod(document.all("path", "fill1").at(0).attributes.at("d").substr(1));
        CHECK(left + column * scale == doctest::Approx(boundary).epsilon(0.01));
    }
}

TEST_CASE("scatter_chart paints the field in the colours of the two groups, the first row at the bottom") {
    plot::Field field{.x_low = 0, .x_high = 1, .y_low = 0, .y_high = 1, .columns = 2, .rows = 2};
    field.values = {0, 0, 1, 1};
    const auto document = drawn(plot::scatter_chart({points({0.5}, {0.1}), points({0.5}, {0.9})}, {.field = field}));
    const auto row = [&](const char* name) { // of the first painted square, counted from the top
        const std::string d = document.all("path", name).at(0).attributes.at("d");
        return std::stoi(d.substr(d.find(' ') + 1));
    };
    CHECK(row("fill1") < row("fill0"));
}

TEST_CASE("scatter_chart refuses a field of the wrong size") {
    plot::Field field{.x_low = 0, .x_high = 1, .y_low = 0, .y_high = 1};
    field.values.pop_back();
    CHECK_THROWS_AS(plot::scatter_chart({}, {.field = field}), std::invalid_argument);
    plot::Field flat{.x_low = 0, .x_high = 1, .y_low = 0, .y_high = 1, .columns = 1, .rows = 4};
    CHECK_THROWS_AS(plot::scatter_chart({}, {.field = flat}), std::invalid_argument);
}

TEST_CASE("a drawing in a file of its own brings the colours of both themes") {
    const std::string text = plot::standalone(plot::line_chart({named("a", {1, 2})}, {.title = "T"}));
    const auto document = markup::read(text);
    CHECK_MESSAGE(document.error.empty(), document.error);
    CHECK(document.all("style").size() == 1);
    CHECK(text.find("prefers-color-scheme:dark") != std::string::npos);
    CHECK(document.all("rect", "paper").size() == 1);
}

TEST_CASE("the same chart gives the same bytes") {
    const auto chart = [] { return plot::line_chart({named("a", {1, 2, 3})}, {.title = "T"}).text; };
    CHECK(chart() == chart());
}
