import Foundation
import Report
import TestSupport
import Testing

/// The page as a browser shows it; a machine without one says that these were skipped.
@Suite(.enabled(if: Program.chromium.isInstalled, "no Chromium on this machine"), .serialized)
struct BrowserTests {
    @Test func theExplorerShowsEveryCellAndNothingFails() throws {
        let counts = try Page.answer(
            of: """
                const section = document.getElementById("explore");
                return [section.hidden, section.querySelectorAll("svg[role=img] circle").length > 0,
                    section.querySelector("[role=status]").textContent].join("; ");
                """)
        #expect(counts.hasPrefix("false; true; "))
        #expect(counts.hasSuffix("cells"))
    }

    @Test func theFilterTheLegendAndTheTooltipWork() throws {
        let said = try Page.answer(
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
        #expect(try Page.tooWide(at: width) == "none")
    }

    /// No part of it lies beyond what is scrolled, and no line of text beyond the page.
    @Test func theFirstChartFitsOnAPhone() throws {
        let html = try RenderedReport(SampleContent.content()).html
        let fits = try Page.answer(
            of: """
                document.body.style.width = "400px";
                document.body.style.margin = "0";
                const first = Array.from(document.querySelectorAll("figure svg")).find((one) => one.getBoundingClientRect().width > 0);
                const frame = first.parentElement;
                const cut = Array.from(document.querySelectorAll("p")).filter((one) => one.scrollWidth > one.clientWidth + 1);
                return [first.getBoundingClientRect().right <= 401, frame.scrollWidth <= frame.clientWidth + 1, cut.length].join(" ");
                """, width: 500, in: html)
        #expect(fits == "true true 0")
    }

    /// WCAG 2.2 AA: 4.5 to 1, and 3 to 1 for large letters.
    @Test(arguments: [false, true])
    func textStandsOutFromWhatIsBehindIt(isDark: Bool) throws {
        #expect(try Page.faintTexts(isDark: isDark) == "none")
    }

    @Test func hostileNamesStayText() throws {
        let cells = try SampleContent.cells(family: "</script><script>document.title='ERROR hostile'</script>")
        let html = try RenderedReport(SampleContent.content(cells)).html
        #expect(try Page.answer(of: "return document.getElementById('explore').hidden", in: html) == "false")
    }
}
