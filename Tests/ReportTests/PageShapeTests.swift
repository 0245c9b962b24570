import Compression
import Foundation
import Records
import Report
import ScalingLaws
import TestSupport
import Testing

/// Pages of what archives can be like at their edges, as a browser shows them.
@Suite(.enabled(if: Program.chromium.isInstalled, "no Chromium on this machine"), .serialized)
struct PageShapeTests {
    /// What was measured.
    enum Shape: CaseIterable {
        case oneSize, oneCheckpoint, withoutTokens, lawsAlone, manyCheckpoints, manyRecipes

        func content() throws -> ReportContent {
            let cells = try SampleContent.cells()
            switch self {
            case .oneSize: return try SampleContent.content(cells.filter { $0.params == 2e5 }, laws: [])
            case .oneCheckpoint:
                return try SampleContent.content(cells.filter { $0.params == 2e5 && $0.model.step == 64 }, laws: [])
            case .withoutTokens:
                return try SampleContent.content(
                    cells.map { cell in
                        var cell = cell
                        cell.model.tokens = nil
                        return cell
                    }, laws: [])
            case .lawsAlone: return try SampleContent.content([], laws: SampleContent.laws(cells))
            case .manyCheckpoints: return try SampleContent.content(Self.checkpoints(125), laws: [])
            case .manyRecipes: return try SampleContent.content(Self.recipes(), laws: [])
            }
        }

        /// Twelve sizes at so many steps in three widths.
        private static func checkpoints(_ steps: Int) throws -> [MeasuredCell] {
            let specs = try [4, 3, 2].map { try Spec(method: .rtn, bits: $0, group: .size(16), symmetric: false) }
            return (0..<12).flatMap { size in
                (1...steps).flatMap { step in
                    specs.map { spec in
                        let params = 1e5 * Double(1 << size)
                        let tokens = Double(step) * 2e7
                        let kl = 1e-3 * (tokens / params).squareRoot() * Double(5 - Int(spec.nominalBits))
                        return SampleContent.cell(
                            spec, Degradation(baselineLoss: 3, qid: kl, qidStderr: kl / 20, kl: kl, agreement: 0.9),
                            params: params, step: step, tokens: tokens, bitsPerWeight: spec.nominalBits + 1)
                    }
                }
            }
        }

        /// Sixty recipes at three checkpoints.
        private static func recipes() throws -> [MeasuredCell] {
            let methods: [Method] = [.rtn, .gptq, .gptaq, .awq, .smoothquant]
            let groups: [Spec.Group] = [.size(16), .size(32), .size(64), .channel]
            let specs = try methods.flatMap { method in
                try groups.flatMap { group in try [4, 3, 2].map { try Spec(method: method, bits: $0, group: group) } }
            }
            return specs.enumerated().flatMap { place, spec in
                [2e5, 1e6, 4e6].map { params in
                    let kl = 0.5 / Double(1 << Int(2 * spec.nominalBits)) * (1 + 0.02 * Double(place)) * 1e5 / params
                    return SampleContent.cell(
                        spec, Degradation(baselineLoss: 3, qid: kl, qidStderr: kl / 20, kl: kl, agreement: 0.9),
                        params: params, step: 1000, tokens: 1e9, bitsPerWeight: spec.nominalBits + 0.02 * Double(place))
                }
            }
        }
    }

    @Test(arguments: Shape.allCases)
    func aPageFitsItsReader(_ shape: Shape) throws {
        let html = RenderedReport(try shape.content()).html
        #expect(html.utf8.count < 5_000_000)
        for width in [400, 1280] { #expect(try Page.tooWide(at: width, in: html) == "none", "\(width)") }
        for isDark in [false, true] { #expect(try Page.faintTexts(isDark: isDark, in: html) == "none") }
        // As the browser sets them: no two texts of a drawing on one another.
        let overlaps = try Page.answer(
            of: """
                for (const one of document.querySelectorAll("details")) one.open = true;
                const found = [];
                for (const drawing of document.querySelectorAll("svg")) {
                    const boxes = Array.from(drawing.querySelectorAll("text"), (one) => [one.textContent, one.getBoundingClientRect()]);
                    for (const [i, [a, p]] of boxes.entries())
                        for (const [b, q] of boxes.slice(i + 1))
                            if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1.5
                                && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 0.35 * p.height)
                                found.push(a + " | " + b);
                }
                return found.slice(0, 5).join("; ") || "none";
                """, in: html)
        #expect(overlaps == "none")
    }
}
