internal import Presentation

/// QiD against stored bits per weight, a point for each spec, with the Pareto front drawn and its members named.
struct MethodChart {
    let comparison: MethodComparison
    /// Of the drawing; a narrow one is for readers with a phone.
    let width: Double
    static let fileName = "qid-vs-bits.svg"

    init(_ comparison: MethodComparison, width: Double = 900) {
        (self.comparison, self.width) = (comparison, width)
    }

    /// The methods in the order of the legend.
    private var methods: [String] { Set(comparison.members.map(\.spec.method)).sorted() }

    var drawing: Drawing {
        let methods = methods
        let legendWidth = methods.map { PlacedText.width(of: $0, size: 12) }.max() ?? 0
        var frame = Frame(
            Frame.Titles(
                panel: "\(comparison.members.count) specs, \(comparison.words)",
                x: "stored bits per weight", y: "QiD (nats per token)",
                description: "QiD against stored bits per weight by method, with the Pareto front"),
            width: width, x: bitsDomain, y: qidDomain,
            plotHeight: max(width < 600 ? 320 : 430, Double(methods.count) * 16 + 20),
            rightMargin: legendWidth + 40, xLabels: Self.bitLabels)
        frame.add(clipped: [Drawing.path(steps(frame), class: "front")])
        let series = methods.enumerated().map { rank, method in
            PlotSeries(label: method, style: SeriesStyle(rank: rank), points: points(of: method))
        }
        for one in series { frame.draw(one) }
        frame.legend(series.reversed(), hollow: nil)
        let obstacles = comparison.members.map { place($0, in: frame) }
        var layout = PointLabels(frame, points: obstacles, path: steps(frame))
        for member in comparison.front { layout.add(member.spec.name, at: place(member, in: frame)) }
        frame.drawing.shapes += layout.ties
        frame.drawing.texts += layout.texts
        return frame.drawing
    }

    private static let bitLabels = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32]

    private var bitsDomain: ClosedRange<Double> {
        LogAxis.domain(of: comparison.members.map(\.bitsPerWeight), margin: 1.2)
    }

    /// Members that a logarithmic axis cannot show.
    var hiddenCount: Int { comparison.members.count { $0.qid < qidDomain.lowerBound } }

    /// Five decades below the largest QiD at most.
    private var qidDomain: ClosedRange<Double> {
        let values = comparison.members.map(\.qid)
        let largest = values.max() ?? 1
        let domain = LogAxis.domain(of: values.filter { $0 > largest * 1e-5 }, margin: 1.5)
        // Room at the top for names that find none below.
        return domain.lowerBound...domain.upperBound * 1.6
    }

    /// Where a member is drawn: on the floor what lies below it.
    private func place(_ member: MethodComparison.Member, in frame: Frame) -> (x: Double, y: Double) {
        let isShown = member.qid >= frame.y.domain.lowerBound
        return (frame.x.position(member.bitsPerWeight), isShown ? frame.y.position(member.qid) : frame.bottom - 5)
    }

    /// The least QiD to be had for so many bits: down at each member of the front, and from the last one to the edge.
    private func steps(_ frame: Frame) -> [(x: Double, y: Double)] {
        var corners: [(x: Double, y: Double)] = []
        for member in comparison.front {
            let next = place(member, in: frame)
            if let last = corners.last { corners.append((next.x, last.y)) }
            corners.append(next)
        }
        if let last = corners.last { corners.append((frame.right, last.y)) }
        return corners
    }

    private func points(of method: String) -> [PlotPoint] {
        comparison.members.filter { $0.spec.method == method }.map { member in
            let reach = member.stderr.map { $0 * 1.96 }
            return PlotPoint(
                x: member.bitsPerWeight, y: member.qid, low: reach.map { member.qid - $0 },
                high: reach.map { member.qid + $0 }, tip: tip(member), isHollow: !member.isOnFront)
        }
    }

    private func tip(_ member: MethodComparison.Member) -> String {
        let range =
            comparison.placeCount == 1
            ? "" : " (\(Figures.significant(member.lowest)) to \(Figures.significant(member.highest)))"
        return "\(member.spec.name): \(Figures.fixed(member.bitsPerWeight, decimals: 2)) bits per weight, "
            + "QiD \(Figures.significant(member.qid))\(range) nats" + (member.isOnFront ? ", on the front" : "")
    }
}

extension MethodComparison {
    /// Over what means were taken: `means over 27 checkpoints`.
    var words: String { placeCount == 1 ? "at one checkpoint" : "means over \(placeCount) checkpoints" }
}
