import Foundation
import Report
import TestSupport
import Testing

/// The page as a browser shows it; a machine without one says that these were skipped.
@Suite(.enabled(if: Program.chromium.isInstalled, "no Chromium on this machine"), .serialized)
struct BrowserTests {
    /// What the page says of itself after `script` has run in it, at a window's width.
    private static func answer(of script: String, width: Int = 1280, in html: String? = nil) throws -> String {
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

    @Test func theExplorerShowsEveryCellAndNothingFails() throws {
        let counts = try Self.answer(
            of: """
                const section = document.getElementById("explore");
                return [section.hidden, section.querySelectorAll("svg[role=img] circle").length > 0,
                    section.querySelector("[role=status]").textContent].join("; ");
                """)
        #expect(counts.hasPrefix("false; true; "))
        #expect(counts.hasSuffix("cells"))
    }

    @Test func theFilterTheLegendAndTheTooltipWork() throws {
        let said = try Self.answer(
            of: """
                const section = document.getElementById("explore"), search = section.querySelector("input[type=search]");
                const circles = () => section.querySelectorAll("svg[role=img] circle").length;
                const all = circles();
                section.querySelector(".legend button").click();
                const fewer = circles() < all;
                section.querySelector(".legend button").click();
                search.value = "no such cell"; search.dispatchEvent(new Event("input"));
                const none = circles() === 0;
                search.value = ""; search.dispatchEvent(new Event("input"));
                const chart = section.querySelector("svg[role=img]"), box = chart.querySelector("circle").getBoundingClientRect();
                chart.dispatchEvent(new PointerEvent("pointermove", { clientX: box.x + 2, clientY: box.y + 2 }));
                const tip = document.querySelector(".tip");
                return [fewer, none, circles() === all, !tip.hidden && tip.textContent.includes("KL")].join(" ");
                """)
        #expect(said == "true true true true")
    }

    @Test(arguments: [360, 400, 768, 1280])
    func noElementIsWiderThanThePage(_ width: Int) throws {
        // A headless window is at least 500 wide, so narrow pages are put into a frame of their width.
        let wide = try Self.answer(
            of: """
                document.body.style.width = "\(width)px";
                document.body.style.margin = "0";
                const scrolls = (one) => one.closest(".scroll, .full, .panels svg") !== null;
                return Array.from(document.body.querySelectorAll("*"))
                    .filter((one) => !scrolls(one) && one.getBoundingClientRect().right > \(width) + 1)
                    .map((one) => one.tagName + "." + one.className).join(" ") || "none";
                """, width: max(width, 500))
        #expect(wide == "none")
    }

    @Test func hostileNamesStayText() throws {
        let cells = try SampleContent.cells(family: "</script><script>document.title='ERROR hostile'</script>")
        let html = try RenderedReport(SampleContent.content(cells)).html
        #expect(try Self.answer(of: "return document.getElementById('explore').hidden", in: html) == "false")
    }
}
