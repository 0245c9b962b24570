/// How the points and curves of one model size look: a colour that colour-blind readers can tell from the others, and a marker.
struct SeriesStyle: Sendable, Equatable {
    /// The place of the series among its neighbours, from 0.
    let rank: Int

    static let colourCount = 6

    /// The class that carries the colour.
    var className: String { "s\(rank % Self.colourCount)" }

    /// A marker around a place, filled, or hollow for what was held out.
    func marker(x: Double, y: Double, hollow: Bool = false) -> Markup {
        Drawing.path(outline.map { (x: x + $0.x, y: y + $0.y) }, closed: true, class: hollow ? "mark hollow" : "mark")
    }

    /// The outline around the origin; areas are alike.
    private var outline: [(x: Double, y: Double)] {
        switch rank % 5 {
        case 0: Self.circle
        case 1: [(-3.3, -3.3), (3.3, -3.3), (3.3, 3.3), (-3.3, 3.3)]
        case 2: [(0, -4.8), (4.5, 3.2), (-4.5, 3.2)]
        case 3: [(0, -4.9), (4.9, 0), (0, 4.9), (-4.9, 0)]
        default: [(0, 4.8), (4.5, -3.2), (-4.5, -3.2)]
        }
    }

    /// A regular polygon of 16 corners, which nobody can tell from a circle of 4 units.
    private static let circle: [(x: Double, y: Double)] = {
        let quarter = [(3.8, 0.0), (3.5, 1.5), (2.7, 2.7), (1.5, 3.5)]
        let half = quarter + quarter.map { (-$0.1, $0.0) }
        return (half + half.map { (-$0.0, -$0.1) }).map { (x: $0.0, y: $0.1) }
    }()
}
