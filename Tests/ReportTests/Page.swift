import Foundation
import Report
import TestSupport
import Testing

/// A report's page in a headless browser, asked by a script.
enum Page {
    /// What the page says of itself after `script` has run in it, at a window's width.
    ///
    /// A theme is chosen in the place of the reader's.
    static func answer(
        of script: String, width: Int = 1280, isDark: Bool = false, in html: String? = nil
    ) throws -> String {
        let page = try html ?? RenderedReport(SampleContent.content()).html
        // The page lets no script run but its own, so the test's copy drops that rule.
        let policy = try #require(
            page.range(of: #"<meta http-equiv="Content-Security-Policy"[^>]*>"#, options: .regularExpression))
        let asking = """
            <script>addEventListener("error", (event) => { document.title = "ERROR " + event.message; });</script>
            """
        let asked = """
            <script>if (!document.title.startsWith("ERROR")) document.title = "ANSWER " + (function () { \(script) })();</script>
            """
        let text = page.replacingCharacters(in: policy, with: asking).replacing("</body>", with: asked + "</body>")
            .replacing("@media (prefers-color-scheme:dark)", with: isDark ? "@media all" : "@media not all")
        let folder = try ScratchDirectory()
        let file = try folder.write(text, to: "page.html")
        let outcome = try Program.chromium.run([
            "--headless", "--no-sandbox", "--disable-gpu", "--window-size=\(width),900", "--virtual-time-budget=2000",
            "--user-data-dir=\(folder.url.appending(path: "profile").path)", "--dump-dom", "file://\(file.path)",
        ])
        let title = try #require(outcome.output.firstMatch(of: /<title>(ANSWER|ERROR) (.*?)<\/title>/))
        #expect(title.1 == "ANSWER", "\(title.2)")
        return String(title.2)
    }

    /// The elements that reach beyond a page of this width, but for what scrolls in itself; `none` where there are none.
    static func tooWide(at width: Int, in html: String? = nil) throws -> String {
        // A headless window is at least 500 wide, so narrow pages are put into a frame of their width.
        try answer(
            of: """
                document.body.style.width = "\(width)px";
                document.body.style.margin = "0";
                const scrolls = (one) => one.closest(".scroll, .full, .panels svg") !== null;
                return Array.from(document.body.querySelectorAll("*"))
                    .filter((one) => !scrolls(one) && one.getBoundingClientRect().right > \(width) + 1)
                    .map((one) => one.tagName + "." + one.className).join(" ") || "none";
                """, width: max(width, 500), in: html)
    }

    /// The kinds of texts whose contrast is too low, everything unfolded; `none` where there are none.
    static func faintTexts(isDark: Bool, in html: String? = nil) throws -> String {
        try answer(
            of: """
                for (const one of document.querySelectorAll("details")) one.open = true;
                const parts = (colour) => (colour.match(/[0-9.]+/g) || []).map(Number);
                const light = (colour) => {
                    const [r, g, b] = parts(colour).slice(0, 3).map((one) => {
                        const c = one / 255;
                        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                    });
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                };
                const behind = (one) => {
                    for (let place = one; place; place = place.parentElement) {
                        const colour = getComputedStyle(place).backgroundColor, [, , , alpha = 1] = parts(colour);
                        if (alpha === 1) return colour;
                    }
                    return "rgb(255, 255, 255)";
                };
                const faint = new Set();
                let seen = 0;
                for (const one of document.body.querySelectorAll("*")) {
                    const own = Array.from(one.childNodes).some((node) => node.nodeType === 3 && node.data.trim());
                    if (!own || ["SCRIPT", "STYLE", "title"].includes(one.tagName)) continue;
                    const style = getComputedStyle(one), ink = one.tagName === "text" ? style.fill : style.color;
                    const [a, b] = [light(ink), light(behind(one))];
                    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                    const size = parseFloat(style.fontSize), isLarge = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
                    seen += 1;
                    if (!(ratio >= (isLarge ? 3 : 4.5))) faint.add(one.tagName + "." + one.getAttribute("class") + " " + ratio.toFixed(2));
                }
                return faint.size ? Array.from(faint).join("; ") : seen > 20 ? "none" : "no texts";
                """, isDark: isDark, in: html)
    }
}
