//! A report as one page: no script, no other file, light and dark, readable on a phone.

use std::fmt::Write;

use super::Report;
use crate::float;

/// Layers that a plot shows; the table lists all.
const MOST: usize = 40;
/// Width of a plot, in its own units.
const WIDTH: f64 = 330.0;
/// Where bars begin and how long the longest is.
const BARS: (f64, f64) = (114.0, 128.0);
/// Height of a bar with its gap.
const LINE: f64 = 17.0;
/// Least relative error that has a bar, in powers of ten; 1 has the longest.
const DECADES: f64 = 6.0;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1a1c20;--soft:#5c6370;--page:#f7f8fa;--card:#fff;--line:#d9dde3;--a:#2563a8;--b:#b9cfe6;--c:#b4531a;--good:#1e7b4b;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8ec;--soft:#9aa3b0;--page:#14161a;--card:#1d2026;--line:#343a44;--a:#6aa9ec;--b:#33506e;--c:#e59a64;--good:#5fc493;--bad:#f2867e}}
*{box-sizing:border-box}
body{margin:0;padding:1rem;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:72rem;margin:auto}
h1{font-size:1.4rem;margin:.2rem 0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:0 0 .3rem}
p{margin:.3rem 0}
.soft{color:var(--soft)}
.good{color:var(--good)}
.bad{color:var(--bad)}
.numbers,.plots{display:grid;gap:.8rem;margin:.8rem 0}
.numbers{grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr))}
.plots{grid-template-columns:repeat(auto-fit,minmax(min(24rem,100%),1fr));align-items:start}
section,.numbers div{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.7rem .8rem;min-width:0}
section{margin:.8rem 0}
.plots section{margin:0}
.numbers b{display:block;font-size:1.15rem}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--ink);font:11px system-ui,sans-serif}
svg .soft{fill:var(--soft)}
.a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}
.axis{stroke:var(--line);stroke-width:1}
.aim{stroke:var(--good);stroke-width:1;stroke-dasharray:4 3}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.86rem}
th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
td.wrap,th.wrap{white-space:normal;min-width:12rem;text-align:left}
";

/// A bar of a plot.
struct Bar {
    label: String,
    /// Lengths of its parts, 1 being the longest bar.
    parts: Vec<(f64, &'static str)>,
    text: String,
}

impl Report {
    /// The page.
    pub fn html(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write_html(&mut out);
        out
    }

    fn write_html(&self, out: &mut String) -> std::fmt::Result {
        let name = escape(&self.model);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{name}: compile report</title>\n\
             <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n"
        )?;
        match self.data.random {
            None => writeln!(out, "<p class=\"soft\">Calibrated and compared on {} rows.</p>", self.data.rows)?,
            Some([min, max]) => writeln!(
                out,
                "<p class=\"bad\">No data: ranges are those of {} random rows with values from {min} to {max}, widened \
                 within what interval arithmetic allows. Typical rows give a model that is more exact and refuses less.</p>",
                self.data.rows
            )?,
        }
        let (class, verdict) = match self.shortfall() {
            None => ("good", format!("Target met: {}.", self.search.target)),
            Some(shortfall) => ("bad", format!("Target missed: {shortfall}.")),
        };
        writeln!(out, "<p class=\"{class}\">{}</p>", escape(&verdict))?;
        self.numbers(out)?;
        out.push_str("<div class=\"plots\">\n");
        self.errors(out)?;
        self.bits(out)?;
        self.rows(out)?;
        self.attempts(out)?;
        out.push_str("</div>\n");
        self.ways(out)?;
        self.table(out)?;
        out.push_str("</main>\n</body>\n</html>\n");
        Ok(())
    }

    fn numbers(&self, out: &mut String) -> std::fmt::Result {
        let (cost, fit) = (&self.cost, &self.fit);
        let mut numbers = Vec::new();
        if let Some(error) = fit.max_error {
            numbers.push((
                format!("{error:.2e}"),
                format!("largest error, {:.3} % of the range", fit.error_share() * 100.0),
            ));
        }
        if let Some(agreement) = fit.agreement {
            numbers.push((format!("{:.2} %", agreement * 100.0), "of rows with the same class".to_owned()));
        }
        let predicted = &cost.predicted;
        numbers.push((seconds(predicted.native_seconds), "proof, natively (predicted)".to_owned()));
        numbers.push((seconds(predicted.browser_seconds), "proof, in a browser (predicted)".to_owned()));
        numbers.push((format!("{:.0} MB", predicted.memory_bytes as f64 / 1e6), "memory (predicted)".to_owned()));
        numbers.push((format!("2^{}", cost.k), format!("rows, {} in use", cost.rows)));
        numbers
            .push((format!("{} + {}", cost.advice_columns, cost.fixed_columns), "advice and fixed columns".to_owned()));
        out.push_str("<div class=\"numbers\">\n");
        for (number, what) in numbers {
            writeln!(out, "<div><b>{number}</b><span class=\"soft\">{what}</span></div>")?;
        }
        out.push_str("</div>\n");
        Ok(())
    }

    /// Name of a layer in a plot.
    fn label(&self, index: usize) -> String {
        let layer = &self.layers[index];
        if layer.node.is_empty() { layer.op.clone() } else { layer.node.clone() }
    }

    /// The layers with the largest values, at most [`MOST`], in the network's order.
    fn most(&self, value: impl Fn(usize) -> f64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.layers.len()).collect();
        order.sort_by(|a, b| value(*b).total_cmp(&value(*a)).then(a.cmp(b)));
        order.truncate(MOST);
        order.sort_unstable();
        order
    }

    fn errors(&self, out: &mut String) -> std::fmt::Result {
        let bar = |index: usize| {
            let layer = &self.layers[index];
            let length = (1.0 + float::log10(layer.relative_error.max(f64::MIN_POSITIVE)) / DECADES).clamp(0.0, 1.0);
            let text = match layer.signal_to_noise_db {
                Some(db) => format!("{} {db:.0} dB", share(layer.relative_error)),
                None => "exact".to_owned(),
            };
            let class = if Some(index) == self.worst { "c" } else { "a" };
            Bar { label: self.label(index), parts: vec![(length, class)], text }
        };
        let shown = self.most(|index| self.layers[index].relative_error);
        plot(
            out,
            "Error of each layer",
            "Root mean square of integers less floats, as a share of the values, on a logarithmic scale from 10⁻⁶ to 1, and \
             signal to noise. Marked: where most is added.",
            shown.into_iter().map(bar),
        )
    }

    fn bits(&self, out: &mut String) -> std::fmt::Result {
        let widest = f64::from(self.layers.iter().map(|layer| layer.bits).max().unwrap_or(1).max(1));
        let bar = |index: usize| {
            let layer = &self.layers[index];
            let parts = vec![(layer.bits_used / widest, "a"), (layer.bits_lost() / widest, "b")];
            Bar { label: self.label(index), parts, text: format!("{:.1} of {}", layer.bits_used, layer.bits) }
        };
        plot(
            out,
            "Where bits went",
            "Dark: bits of the largest code on the rows. Light: kept for values beyond them (--margin, --input-margin).",
            self.most(|index| self.layers[index].bits_lost()).into_iter().map(bar),
        )
    }

    fn rows(&self, out: &mut String) -> std::fmt::Result {
        let costs = &self.cost.layers;
        let largest = costs.iter().map(|layer| layer.rows).max().unwrap_or(1).max(1) as f64;
        let rows = |index: usize| costs.get(index).map_or(0.0, |layer| layer.rows as f64);
        let bar = |index: usize| {
            let percent = 100.0 * rows(index) / self.cost.rows.max(1) as f64;
            let time = seconds(costs.get(index).map_or(0.0, |layer| layer.native_seconds));
            Bar {
                label: self.label(index),
                parts: vec![(rows(index) / largest, "a")],
                text: format!("{percent:.1} % {time}"),
            }
        };
        let what = format!(
            "Rows of each tensor, as a share of those in use, and of the predicted native time. The number of rows follows {}.",
            escape(&self.cost.rows_follow)
        );
        plot(out, "Cost of each layer", &what, self.most(rows).into_iter().map(bar))
    }

    fn attempts(&self, out: &mut String) -> std::fmt::Result {
        let points: Vec<(usize, f64, f64)> = self
            .search
            .attempts
            .iter()
            .enumerate()
            .filter_map(|(index, attempt)| {
                let fit = attempt.fit.as_ref()?;
                let error = if fit.max_error.is_some() { fit.error_share() } else { fit.expected_disagreement? };
                Some((index, attempt.predicted.native_seconds, error.max(1e-9)))
            })
            .collect();
        let span = |pick: fn(&(usize, f64, f64)) -> f64| {
            let logs = || points.iter().map(pick).map(float::log10);
            let (low, high) = (logs().fold(f64::INFINITY, f64::min), logs().fold(f64::NEG_INFINITY, f64::max));
            (low - 0.1, (high - low + 0.2).max(0.2))
        };
        let (x, y) = (span(|point| point.1), span(|point| point.2));
        let (left, top, width, height) = (44.0, 10.0, WIDTH - 60.0, 150.0);
        writeln!(
            out,
            "<section><h2>Layouts tried</h2><p class=\"soft\">Error as a share of the range (of decisions: expected share of \
             other classes) over predicted native seconds, both logarithmic. A label is the bits of a code; the marked one \
             was taken.</p>"
        )?;
        writeln!(out, "<svg viewBox=\"0 0 {WIDTH} 182\" role=\"img\" aria-label=\"layouts tried\">")?;
        let bottom = top + height;
        writeln!(out, "<path class=\"axis\" fill=\"none\" d=\"M{left} {top}V{bottom}H{}\"/>", left + width)?;
        for (log, text) in [(y.0 + y.1, true), (y.0, false)] {
            let at = if text { top + 4.0 } else { bottom };
            writeln!(
                out,
                "<text class=\"soft\" x=\"{}\" y=\"{at}\" text-anchor=\"end\">{}</text>",
                left - 4.0,
                share(float::pow(10.0, log))
            )?;
        }
        for (log, anchor, at) in [(x.0, "start", left), (x.0 + x.1, "end", left + width)] {
            writeln!(
                out,
                "<text class=\"soft\" x=\"{at}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
                bottom + 16.0,
                seconds(float::pow(10.0, log))
            )?;
        }
        for (index, time, error) in points {
            let cx = left + width * (float::log10(time) - x.0) / x.1;
            let cy = bottom - height * (float::log10(error) - y.0) / y.1;
            let class = if index == self.search.taken { "c" } else { "a" };
            writeln!(out, "<circle class=\"{class}\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"4\"/>")?;
            let bits = self.search.attempts[index].value_bits;
            let (anchor, dx) = if cx > WIDTH - 60.0 { ("end", -7.0) } else { ("start", 7.0) };
            writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{bits}</text>", cx + dx, cy + 4.0)?;
        }
        out.push_str("</svg>\n");
        let refused =
            self.search.attempts.iter().filter_map(|attempt| Some((attempt.value_bits, attempt.refused.as_ref()?)));
        for (bits, why) in refused {
            writeln!(out, "<p class=\"soft\">{bits} bits: {}</p>", escape(why))?;
        }
        out.push_str("</section>\n");
        Ok(())
    }

    fn ways(&self, out: &mut String) -> std::fmt::Result {
        if self.cheaper.is_empty() {
            return Ok(());
        }
        out.push_str(
            "<section><h2>What would be cheaper</h2><div class=\"scroll\"><table>\n<tr><th>what</th><th>k</th><th>columns</th>\
             <th>native</th><th>browser</th><th>memory</th><th class=\"wrap\">accuracy</th></tr>\n",
        );
        for way in &self.cheaper {
            let fit = way.fit.as_ref().map_or_else(|| "not tried".to_owned(), ToString::to_string);
            let predicted = &way.predicted;
            writeln!(
                out,
                "<tr><td class=\"wrap\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.0} MB</td><td class=\"wrap\">{fit}</td></tr>",
                escape(&way.what),
                way.k,
                way.columns,
                seconds(predicted.native_seconds),
                seconds(predicted.browser_seconds),
                predicted.memory_bytes as f64 / 1e6
            )?;
        }
        out.push_str("</table></div></section>\n");
        Ok(())
    }

    fn table(&self, out: &mut String) -> std::fmt::Result {
        write!(
            out,
            "<section><h2>All layers</h2><p class=\"soft\">Compared on {} rows. Errors are those of the values after the \
             activation.</p><div class=\"scroll\"><table>\n<tr><th>node</th><th>operator</th><th>activation</th><th>values</th>\
             <th>range</th><th>step</th><th>bits used</th><th>bits lost</th><th>largest error</th><th>mean error</th>\
             <th>relative</th><th>SNR dB</th><th>rows</th><th>cells</th></tr>\n",
            self.data.compared
        )?;
        for (index, layer) in self.layers.iter().enumerate() {
            let (rows, cells) = self.cost.layers.get(index).map_or((0, 0), |cost| (cost.rows, cost.cells));
            let step = if layer.least_step == layer.largest_step {
                format!("{:.2e}", layer.largest_step)
            } else {
                format!("{:.2e} to {:.2e}", layer.least_step, layer.largest_step)
            };
            let db = layer.signal_to_noise_db.map_or_else(|| "exact".to_owned(), |db| format!("{db:.1}"));
            writeln!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.4} to {:.4}</td><td>{step}</td><td>{:.1}</td>\
                 <td>{:.1}</td><td>{:.2e}</td><td>{:.2e}</td><td>{}</td><td>{db}</td><td>{rows}</td><td>{cells}</td></tr>",
                escape(&layer.node),
                escape(&layer.op),
                layer.activation,
                layer.values,
                layer.min,
                layer.max,
                layer.bits_used,
                layer.bits_lost(),
                layer.max_error,
                layer.mean_error,
                share(layer.relative_error)
            )?;
        }
        out.push_str("</table></div></section>\n");
        Ok(())
    }
}

/// A plot of horizontal bars; `what` is HTML.
fn plot(out: &mut String, title: &str, what: &str, bars: impl Iterator<Item = Bar>) -> std::fmt::Result {
    let bars: Vec<Bar> = bars.collect();
    writeln!(out, "<section><h2>{title}</h2><p class=\"soft\">{what}</p>")?;
    let height = LINE * bars.len() as f64 + 4.0;
    writeln!(out, "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">")?;
    let (left, longest) = BARS;
    for (index, bar) in bars.iter().enumerate() {
        let y = LINE * index as f64 + 2.0;
        let (label, base) = (escape(&shortened(&bar.label)), y + 11.0);
        writeln!(
            out,
            "<text x=\"{}\" y=\"{base}\" text-anchor=\"end\">{label}<title>{}</title></text>",
            left - 5.0,
            escape(&bar.label)
        )?;
        let mut x = left;
        for (length, class) in &bar.parts {
            let width = longest * length.clamp(0.0, 1.0);
            writeln!(out, "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"13\"/>")?;
            x += width;
        }
        let text = &bar.text;
        writeln!(out, "<text class=\"soft\" x=\"{WIDTH}\" y=\"{base}\" text-anchor=\"end\">{text}</text>")?;
    }
    out.push_str("</svg></section>\n");
    Ok(())
}

/// The end of a long name, which tells it from its neighbours.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 18;
    let count = name.chars().count();
    if count <= LONGEST {
        name.to_owned()
    } else {
        format!("…{}", name.chars().skip(count - LONGEST + 1).collect::<String>())
    }
}

/// A share in percent.
fn share(share: f64) -> String {
    let percent = 100.0 * share;
    if percent == 0.0 || percent >= 0.01 { format!("{percent:.2} %") } else { format!("{percent:.0e} %") }
}

fn seconds(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// Text as HTML shows it.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Names come from untrusted files.
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_page() {
        assert_eq!(escape("<script>\"a\"&'b'\n"), "&lt;script&gt;&quot;a&quot;&amp;&#39;b&#39; ");
        assert_eq!(shortened("abc"), "abc");
        assert_eq!(shortened("0123456789012345678901234"), "…89012345678901234");
    }
}
