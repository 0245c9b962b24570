/// A measured point in a plot, with its 95 % interval and what is said when a pointer rests on it.
struct PlotPoint: Sendable, Equatable {
    var x: Double
    var y: Double
    var low: Double?
    var high: Double?
    var tip: String
    var isHollow = false
}

/// A place on a fitted curve with the curve's 95 % interval there.
struct CurvePoint: Sendable, Equatable {
    var x: Double
    var y: Double
    var low: Double
    var high: Double
}

/// The points of one model size and the curve that a law draws through them.
struct PlotSeries: Sendable, Equatable {
    var label: String
    var style: SeriesStyle
    var points: [PlotPoint]
    var curve: [CurvePoint] = []
}

extension Frame {
    /// Draws a series; a point that a logarithm cannot show stands on the floor as a hollow arrow.
    mutating func draw(_ series: PlotSeries) {
        let curve = series.curve.filter { $0.y > 0 && $0.y.isFinite }
        var behind: [Markup] = []
        if curve.count > 1 {
            let floor = y.domain.lowerBound / 10
            let ceiling = y.domain.upperBound * 10
            let upper = curve.map { (x: x.position($0.x), y: y.position(min(max($0.high, floor), ceiling))) }
            let lower = curve.map { (x: x.position($0.x), y: y.position(min(max($0.low, floor), ceiling))) }
            behind.append(Drawing.path(upper + lower.reversed(), closed: true, class: "band"))
            behind.append(
                Drawing.path(curve.map { (x: x.position($0.x), y: y.position($0.y)) }, class: "curve"))
        }
        add(clipped: [.tag("g", ["class": series.style.className], behind)])
        let marks = series.points.map { mark($0, series.style) }
        drawing.shapes.append(.tag("g", ["class": series.style.className], marks))
    }

    private func mark(_ point: PlotPoint, _ style: SeriesStyle) -> Markup {
        let place = x.position(point.x)
        var shapes: [Markup] = [.tag("title", [:], point.tip)]
        if let low = point.low, let high = point.high, high > y.domain.lowerBound {
            let ends = (y.position(max(low, y.domain.lowerBound)), y.position(min(high, y.domain.upperBound)))
            shapes.append(Drawing.line(from: (place, ends.0), to: (place, ends.1), class: "bar"))
        }
        guard point.y >= y.domain.lowerBound else {
            let arrow = [(place - 4, bottom - 8), (place + 4, bottom - 8), (place, bottom - 1)]
            shapes.append(Drawing.path(arrow.map { (x: $0.0, y: $0.1) }, closed: true, class: "mark hollow"))
            return .tag("g", [:], shapes)
        }
        shapes.append(style.marker(x: place, y: y.position(min(point.y, y.domain.upperBound)), hollow: point.isHollow))
        return .tag("g", [:], shapes)
    }

    /// Names every series at the right of its end, moved apart where two would touch, each tied to its end by a line.
    mutating func label(_ series: [PlotSeries]) {
        let ends = series.map { one -> Double in
            let last = one.curve.last.map(\.y) ?? one.points.max { $0.x < $1.x }?.y ?? y.domain.lowerBound
            return y.position(min(max(last, y.domain.lowerBound), y.domain.upperBound))
        }
        let places = LabelLayout.spread(ends, spacing: 15, in: top + 5...bottom - 5)
        for (index, one) in series.enumerated() {
            let line = Drawing.line(from: (right + 1, ends[index]), to: (right + 9, places[index]), class: "tie")
            let marker = one.style.marker(x: right + 15, y: places[index])
            drawing.shapes.append(.tag("g", ["class": one.style.className], [line, marker]))
            drawing.texts.append(PlacedText(text: one.label, x: right + 22, y: places[index] + 4, style: "label"))
        }
    }
}
