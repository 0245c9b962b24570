import Foundation

/// Where texts of a drawing lie, estimated apart from the code that places them.
enum TextBoxes {
    /// Whether two texts' boxes meet; a letter is taken for 0.55 of its height, the average of sans-serif fonts.
    static func overlap(_ first: ElementCollector.Text, _ second: ElementCollector.Text) -> Bool {
        let (a, b) = (box(first), box(second))
        return a.minX < b.maxX && b.minX < a.maxX && a.minY < b.maxY && b.minY < a.maxY
    }

    private static func box(_ text: ElementCollector.Text) -> CGRect {
        func number(_ name: String) -> Double { text.attributes[name].flatMap(Double.init) ?? 0 }
        let (x, y, size) = (number("x"), number("y"), number("font-size"))
        let width = Double(text.content.count) * size * 0.55
        let shift: Double =
            switch text.attributes["text-anchor"] {
            case "middle": width / 2
            case "end": width
            default: 0
            }
        if text.attributes["transform"] != nil {
            return CGRect(x: x - size * 0.75, y: y - width + shift, width: size * 0.9, height: width)
        }
        return CGRect(x: x - shift, y: y - size * 0.75, width: width, height: size * 0.9)
    }
}
