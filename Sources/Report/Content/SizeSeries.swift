internal import Presentation
internal import Records

/// The model sizes of a report in order, each with its name and its look in every chart.
struct SizeSeries: Sendable, Equatable {
    struct Size: Sendable, Hashable {
        let family: String
        let params: Double
    }

    private let sizes: [Size]
    private let hasFamilies: Bool

    init(_ cells: [MeasuredCell]) {
        let distinct = Set(cells.map { Size(family: $0.family, params: $0.params) })
        sizes = distinct.sorted { ($0.params, $0.family) < ($1.params, $1.family) }
        hasFamilies = Set(sizes.map(\.family)).count > 1
    }

    /// The sizes for which anything is to be drawn, with their look and name.
    func entries(where isWanted: (Size) -> Bool) -> [(size: Size, style: SeriesStyle, label: String)] {
        sizes.enumerated().filter { isWanted($0.element) }.map { rank, size in
            (size: size, style: SeriesStyle(rank: rank), label: label(size))
        }
    }

    private func label(_ size: Size) -> String {
        let count = Figures.count(size.params)
        guard hasFamilies else { return count }
        let name = size.family.count > 12 ? size.family.prefix(11) + "…" : size.family[...]
        return "\(name) \(count)"
    }

    /// Room that the longest name needs beside a plot.
    var labelWidth: Double {
        sizes.map { PlacedText.width(of: label($0), size: 12) }.max() ?? 0
    }

    var count: Int { sizes.count }
}
