//! The chart of the first requests.

use std::fmt::Write;

use super::report::Row;

/// The functions in the chart, of those that were measured. The others wait for the same or for slower things, such as
/// the hash of a password.
const SHOWN: &[&str] = &["bench-bare", "bench-floor", "public", "health", "users-id", "posts-id", "posts"];

const BAR_HEIGHT: usize = 18;
const ROW_HEIGHT: usize = 28;
const TOP: usize = 40;
const LABEL_WIDTH: f64 = 110.0;
const BAR_WIDTH: f64 = 440.0;
const WIDTH: f64 = LABEL_WIDTH + BAR_WIDTH + 90.0;

/// The colours. A reader's browser chooses between light and dark ones.
const STYLE: &str = "text { font: 13px sans-serif; fill: #24292f }
.init { fill: #afb8c1 } .request { fill: #0969da }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .init { fill: #6e7681 } .request { fill: #58a6ff }
}";

/// Returns the chart as SVG: a bar for each function, with its init and its first request.
pub(in crate::functions) fn plot(rows: &[Row]) -> String {
    let shown = SHOWN.iter().filter_map(|name| rows.iter().find(|row| row.function == *name));
    let bars: Vec<(&str, f64, f64)> = shown
        .filter_map(|row| Some((&*row.function, row.init_ms, row.memories.first()?.first_request_ms)))
        .collect();
    let longest = bars.iter().map(|(_, init, request)| init + request).fold(1.0, f64::max);
    let memory = rows.first().and_then(|row| row.memories.first()).map_or(0, |memory| memory.mb);
    let height = TOP + ROW_HEIGHT * bars.len();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>Init and first request as on Lambda, {memory} MB</title>\n<style>\n{STYLE}\n</style>\n\
         <rect class=\"init\" x=\"{LABEL_WIDTH}\" y=\"8\" width=\"12\" height=\"12\"/>\n\
         <text x=\"{}\" y=\"19\">init</text>\n\
         <rect class=\"request\" x=\"{}\" y=\"8\" width=\"12\" height=\"12\"/>\n\
         <text x=\"{}\" y=\"19\">first request, ms, {memory} MB</text>\n",
        LABEL_WIDTH + 18.0,
        LABEL_WIDTH + 60.0,
        LABEL_WIDTH + 78.0,
    );
    for (n, (function, init, request)) in bars.iter().enumerate() {
        let top = TOP + n * ROW_HEIGHT;
        let text = top + 14;
        let [init_width, request_width] = [init, request].map(|time| time / longest * BAR_WIDTH);
        let middle = LABEL_WIDTH + init_width;
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{text}\" text-anchor=\"end\">{function}</text>\n\
             <rect class=\"init\" x=\"{LABEL_WIDTH}\" y=\"{top}\" width=\"{init_width:.1}\" height=\"{BAR_HEIGHT}\"/>\n\
             <rect class=\"request\" x=\"{middle:.1}\" y=\"{top}\" width=\"{request_width:.1}\" height=\"{BAR_HEIGHT}\"/>\n\
             <text x=\"{:.1}\" y=\"{text}\">{init:.1} + {request:.1}</text>\n",
            LABEL_WIDTH - 8.0,
            middle + request_width + 8.0,
        );
    }
    svg + "</svg>\n"
}
