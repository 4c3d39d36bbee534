//! A report as one page: no script, no other file, light and dark, readable on a phone.

use hushproof_core::float;
use maud::{Markup, PreEscaped, html};

use super::Report;

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
        let name = plain(&self.model);
        let page = html! {
            (PreEscaped("<!doctype html>\n"))
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (name) ": compile report" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        h1 { (name) }
                        (self.summary())
                        (self.numbers())
                        (self.outputs())
                        div class="plots" { (self.errors()) (self.bits()) (self.rows()) (self.attempts()) }
                        (self.ways())
                        (self.table())
                    }
                }
            }
            (PreEscaped("\n"))
        };
        page.into_string()
    }

    fn summary(&self) -> Markup {
        let rows = self.data.rows;
        let (class, verdict) = match self.shortfall() {
            None => ("good", format!("Target met: {}.", self.search.target)),
            Some(shortfall) => ("bad", format!("Target missed: {shortfall}.")),
        };
        html! {
            @match self.data.random {
                None => p class="soft" { "Calibrated and compared on " (rows) " rows." },
                Some([min, max]) => p class="bad" {
                    "No data: ranges are those of " (rows) " random rows with values from " (min) " to " (max) ", widened "
                    "within what interval arithmetic allows. Typical rows give a model that is more exact and refuses less."
                },
            }
            p class=(class) { (plain(&verdict)) }
        }
    }

    fn numbers(&self) -> Markup {
        let (cost, accuracy) = (&self.cost, &self.accuracy);
        let mut numbers = Vec::new();
        if let (Some(error), Some(share)) = (accuracy.max_abs_error, accuracy.error_share()) {
            numbers.push((
                format!("{error:.2e}"),
                format!("largest error, at most {:.3} % of a value's range", share * 100.0),
            ));
        }
        if let Some(agreement) = accuracy.top1_agreement {
            numbers.push((format!("{:.2} %", agreement * 100.0), "of rows with the same class".to_owned()));
        }
        let predicted = &cost.predicted;
        numbers.push((seconds(predicted.native_seconds), "proof, natively (predicted)".to_owned()));
        numbers.push((seconds(predicted.browser_seconds), "proof, in a browser (predicted)".to_owned()));
        numbers.push((format!("{:.0} MB", predicted.memory_bytes as f64 / 1e6), "memory (predicted)".to_owned()));
        numbers.push((format!("2^{}", cost.k), format!("rows, {} in use", cost.rows)));
        numbers
            .push((format!("{} + {}", cost.advice_columns, cost.fixed_columns), "advice and fixed columns".to_owned()));
        html! {
            div class="numbers" {
                @for (number, what) in &numbers { div { b { (number) } span class="soft" { (what) } } }
            }
        }
    }

    fn outputs(&self) -> Markup {
        let headings = ["output", "values", "largest error", "mean error", "share of range", "same class", "target"];
        let number = |value: Option<f64>, text: fn(f64) -> String| value.map_or_else(|| "–".to_owned(), text);
        let percent = |share: f64| format!("{:.3} %", share * 100.0);
        html! {
            section {
                h2 { "Outputs" }
                div class="scroll" {
                    table {
                        tr { @for heading in headings { th { (heading) } } }
                        @for output in &self.accuracy.outputs {
                            tr {
                                td { (plain(&output.name)) }
                                td { (output.meaning.name()) }
                                td { (number(output.max_abs_error, |error| format!("{error:.3e}"))) }
                                td { (number(output.mean_abs_error, |error| format!("{error:.3e}"))) }
                                td { (number(output.range_share, percent)) }
                                td { (number(output.agreement, percent)) }
                                td class=(if output.met { "good" } else { "bad" }) {
                                    (if output.met { "met" } else { "missed" })
                                }
                            }
                        }
                    }
                }
                @for warning in self.accuracy.warnings() { p class="bad" { (plain(&warning)) } }
            }
        }
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

    fn errors(&self) -> Markup {
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
            "Error of each layer",
            "Root mean square of integers less floats, as a share of the values, on a logarithmic scale from 10⁻⁶ to 1, and \
             signal to noise. Marked: where most is added.",
            shown.into_iter().map(bar),
        )
    }

    fn bits(&self) -> Markup {
        let widest = f64::from(self.layers.iter().map(|layer| layer.bits).max().unwrap_or(1).max(1));
        let bar = |index: usize| {
            let layer = &self.layers[index];
            let parts = vec![(layer.bits_used / widest, "a"), (layer.bits_lost() / widest, "b")];
            Bar { label: self.label(index), parts, text: format!("{:.1} of {}", layer.bits_used, layer.bits) }
        };
        plot(
            "Where bits went",
            "Dark: bits of the largest code on the rows. Light: kept for values beyond them (--margin, --input-margin).",
            self.most(|index| self.layers[index].bits_lost()).into_iter().map(bar),
        )
    }

    fn rows(&self) -> Markup {
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
            self.cost.rows_follow
        );
        plot("Cost of each layer", &what, self.most(rows).into_iter().map(bar))
    }

    fn attempts(&self) -> Markup {
        let points: Vec<(usize, f64, f64)> = self
            .search
            .attempts
            .iter()
            .enumerate()
            .filter_map(|(index, attempt)| {
                let accuracy = attempt.accuracy.as_ref()?;
                let error = accuracy.error_share().or(accuracy.expected_disagreement)?;
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
        let (right, bottom) = (left + width, top + height);
        let place = |(index, time, error): &(usize, f64, f64)| {
            let cx = left + width * (float::log10(*time) - x.0) / x.1;
            let cy = bottom - height * (float::log10(*error) - y.0) / y.1;
            let class = if *index == self.search.taken { "c" } else { "a" };
            let (anchor, dx) = if cx > WIDTH - 60.0 { ("end", -7.0) } else { ("start", 7.0) };
            html! {
                circle class=(class) cx=(decimal(cx)) cy=(decimal(cy)) r="4" {}
                text x=(decimal(cx + dx)) y=(decimal(cy + 4.0)) text-anchor=(anchor) {
                    (self.search.attempts[*index].value_bits)
                }
            }
        };
        let refused =
            self.search.attempts.iter().filter_map(|attempt| Some((attempt.value_bits, attempt.refused.as_ref()?)));
        html! {
            section {
                h2 { "Layouts tried" }
                p class="soft" {
                    "Error as a share of the range (of decisions: expected share of other classes) over predicted native "
                    "seconds, both logarithmic. A label is the bits of a code; the marked one was taken."
                }
                svg viewBox=(format_args!("0 0 {WIDTH} 182")) role="img" aria-label="layouts tried" {
                    path class="axis" fill="none" d=(format_args!("M{left} {top}V{bottom}H{right}")) {}
                    @for (log, at) in [(y.0 + y.1, top + 4.0), (y.0, bottom)] {
                        text class="soft" x=(left - 4.0) y=(at) text-anchor="end" { (share(float::pow(10.0, log))) }
                    }
                    @for (log, anchor, at) in [(x.0, "start", left), (x.0 + x.1, "end", right)] {
                        text class="soft" x=(at) y=(bottom + 16.0) text-anchor=(anchor) {
                            (seconds(float::pow(10.0, log)))
                        }
                    }
                    @for point in &points { (place(point)) }
                }
                @for (bits, why) in refused { p class="soft" { (bits) " bits: " (plain(why)) } }
            }
        }
    }

    fn ways(&self) -> Markup {
        html! {
            @if !self.cheaper.is_empty() {
                section {
                    h2 { "What would be cheaper" }
                    div class="scroll" {
                        table {
                            tr {
                                @for heading in ["what", "k", "columns", "native", "browser", "memory"] { th { (heading) } }
                                th class="wrap" { "accuracy" }
                            }
                            @for way in &self.cheaper {
                                @let predicted = &way.predicted;
                                tr {
                                    td class="wrap" { (plain(&way.what)) }
                                    td { (way.k) }
                                    td { (way.columns) }
                                    td { (seconds(predicted.native_seconds)) }
                                    td { (seconds(predicted.browser_seconds)) }
                                    td { (format_args!("{:.0} MB", predicted.memory_bytes as f64 / 1e6)) }
                                    td class="wrap" {
                                        @match &way.accuracy {
                                            Some(accuracy) => (accuracy.short()),
                                            None => "not tried",
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        let headings = [
            "node",
            "operator",
            "activation",
            "values",
            "range",
            "step",
            "bits used",
            "bits lost",
            "largest error",
            "mean error",
            "relative",
            "SNR dB",
            "rows",
            "cells",
        ];
        html! {
            section {
                h2 { "All layers" }
                p class="soft" {
                    "Compared on " (self.data.compared) " rows. Errors are those of the values after the activation."
                }
                div class="scroll" {
                    table {
                        tr { @for heading in headings { th { (heading) } } }
                        @for index in 0..self.layers.len() { (self.line(index)) }
                    }
                }
            }
        }
    }

    /// A layer in the table.
    fn line(&self, index: usize) -> Markup {
        let layer = &self.layers[index];
        let (rows, cells) = self.cost.layers.get(index).map_or((0, 0), |cost| (cost.rows, cost.cells));
        let step = if layer.least_step == layer.largest_step {
            format!("{:.2e}", layer.largest_step)
        } else {
            format!("{:.2e} to {:.2e}", layer.least_step, layer.largest_step)
        };
        let db = layer.signal_to_noise_db.map_or_else(|| "exact".to_owned(), |db| format!("{db:.1}"));
        html! {
            tr {
                td { (plain(&layer.node)) }
                td { (plain(&layer.op)) }
                td { (layer.activation) }
                td { (layer.values) }
                td { (format_args!("{:.4} to {:.4}", layer.min, layer.max)) }
                td { (step) }
                td { (decimal(layer.bits_used)) }
                td { (decimal(layer.bits_lost())) }
                td { (format_args!("{:.2e}", layer.max_error)) }
                td { (format_args!("{:.2e}", layer.mean_error)) }
                td { (share(layer.relative_error)) }
                td { (db) }
                td { (rows) }
                td { (cells) }
            }
        }
    }
}

/// A plot of horizontal bars.
fn plot(title: &str, what: &str, bars: impl Iterator<Item = Bar>) -> Markup {
    let bars: Vec<Bar> = bars.collect();
    let height = LINE * bars.len() as f64 + 4.0;
    let (left, longest) = BARS;
    let draw = |(index, bar): (usize, &Bar)| {
        let y = LINE * index as f64 + 2.0;
        let base = y + 11.0;
        let mut x = left;
        let parts = bar.parts.iter().map(|(length, class)| {
            let (start, width) = (x, longest * length.clamp(0.0, 1.0));
            x += width;
            html! { rect class=(class) x=(decimal(start)) y=(y) width=(decimal(width)) height="13" {} }
        });
        html! {
            text x=(left - 5.0) y=(base) text-anchor="end" {
                (plain(&shortened(&bar.label)))
                title { (plain(&bar.label)) }
            }
            @for part in parts { (part) }
            text class="soft" x=(WIDTH) y=(base) text-anchor="end" { (bar.text) }
        }
    };
    html! {
        section {
            h2 { (title) }
            p class="soft" { (plain(what)) }
            svg viewBox=(format_args!("0 0 {WIDTH} {height}")) role="img" aria-label=(title) {
                @for bar in bars.iter().enumerate() { (draw(bar)) }
            }
        }
    }
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

/// A number with one digit after the point.
fn decimal(number: f64) -> String {
    format!("{number:.1}")
}

/// Text without control characters: names come from untrusted files.
fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_page() {
        let bar = Bar { label: "<b>\"&\n".to_owned(), parts: vec![], text: String::new() };
        let page = plot("plot", "what", [bar].into_iter()).into_string();
        assert!(page.contains("&lt;b&gt;&quot;&amp; <title>") && !page.contains("<b>"), "{page}");
        assert_eq!(shortened("abc"), "abc");
        assert_eq!(shortened("0123456789012345678901234"), "…89012345678901234");
    }
}
