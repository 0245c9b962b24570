/// Names beside points: each where it covers no point and no other name, and no line if it can be helped, tied to its
/// point where it had to move.
///
/// Below and to the left of a Pareto front nothing is drawn, so names are looked for there first.
struct PointLabels {
    private(set) var texts: [PlacedText] = []
    private(set) var ties: [Markup] = []
    private let points: [(x: Double, y: Double)]
    private let path: [(x: Double, y: Double)]
    private let area: Box
    private static let size = 11.0
    private static let lineHeight = 14.0

    private typealias Box = (left: Double, top: Double, right: Double, bottom: Double)

    /// Places names beside marks at `points`, which must not cross `path`, a line of horizontal and vertical parts.
    init(_ frame: Frame, points: [(x: Double, y: Double)], path: [(x: Double, y: Double)]) {
        self.points = points
        self.path = path
        area = (frame.left + 2, frame.top + 2, frame.right - 2, frame.bottom - 2)
    }

    /// Places a name, over the line only where there is no other room; one without any room near is left out.
    mutating func add(_ name: String, at point: (x: Double, y: Double)) {
        let candidates = Self.candidates(name, point)
        let place =
            candidates.first { isFree($0.text, tiedTo: $0.tie, crossesPath: false) }
            ?? candidates.first { isFree($0.text, tiedTo: $0.tie, crossesPath: true) }
        guard let place else { return }
        texts.append(place.text)
        if let tie = place.tie { ties.append(Drawing.line(from: tie.from, to: tie.to, class: "leader")) }
    }

    private typealias Tie = (from: (x: Double, y: Double), to: (x: Double, y: Double))

    /// The places for a name from the best on: beside the point, then further and further away.
    private static func candidates(
        _ name: String, _ point: (x: Double, y: Double)
    ) -> [(text: PlacedText, tie: Tie?)] {
        func text(_ x: Double, _ y: Double, _ anchor: PlacedText.Anchor) -> PlacedText {
            PlacedText(text: name, x: x, y: y, anchor: anchor, size: size, style: "label halo")
        }
        let near: [(text: PlacedText, tie: Tie?)] = [
            (text(point.x - 8, point.y + 9, .end), nil), (text(point.x - 8, point.y + 4, .end), nil),
            (text(point.x + 7, point.y + 13, .start), nil), (text(point.x + 8, point.y - 6, .start), nil),
        ]
        let far = (1...20).flatMap { step -> [(text: PlacedText, tie: Tie?)] in
            let down = point.y + 9 + Double(step) * lineHeight
            let up = point.y - 6 - Double(step) * lineHeight
            return [12.0, 40, 80].flatMap { aside -> [(text: PlacedText, tie: Tie?)] in
                let (left, right) = (point.x - aside, point.x + aside)
                return [
                    (text(left, down, .end), ((point.x - 3, point.y + 5), (left + 1, down - 4))),
                    (text(right, down, .start), ((point.x + 2, point.y + 6), (right - 1, down - 4))),
                    (text(right, up, .start), ((point.x + 3, point.y - 5), (right - 1, up - 2))),
                    (text(left, up, .end), ((point.x - 3, point.y - 4), (left + 1, up - 2))),
                ]
            }
        }
        return near + far
    }

    private func isFree(_ text: PlacedText, tiedTo tie: Tie?, crossesPath: Bool) -> Bool {
        let box = text.box
        guard box.left >= area.left, box.right <= area.right, box.top >= area.top, box.bottom <= area.bottom else {
            return false
        }
        let marks: [Box] = points.map { ($0.x - 5, $0.y - 5, $0.x + 5, $0.y + 5) }
        let segments: [Box] = zip(path, path.dropFirst()).map { a, b in
            (min(a.x, b.x) - 1, min(a.y, b.y) - 1, max(a.x, b.x) + 1, max(a.y, b.y) + 1)
        }
        guard !(marks + (crossesPath ? [] : segments) + texts.map(\.box)).contains(where: { Self.meet($0, box) }) else {
            return false
        }
        guard let tie else { return true }
        // The line must not run through a name; a few places on it tell.
        return !(0...8).contains { step in
            let share = Double(step) / 8
            let x = tie.from.x + (tie.to.x - tie.from.x) * share
            let y = tie.from.y + (tie.to.y - tie.from.y) * share
            return texts.contains { Self.meet($0.box, (x, y, x, y)) }
        }
    }

    private static func meet(_ a: Box, _ b: Box) -> Bool {
        a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
    }
}
