#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Numbers as people read them: as many digits as are known, a real minus sign, powers of ten where they are clearer.
enum Figures {
    /// A number to so many significant digits, very small and large ones by powers of ten: `0.0123`, `3.20×10⁻⁶`.
    static func significant(_ value: Double, digits: Int = 3) -> String {
        guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞" }
        guard value != 0 else { return "0" }
        let exponent = exponent(of: value, digits: digits)
        guard (-4...5).contains(exponent) else {
            return fixed(value / power(exponent), decimals: digits - 1) + "×10" + superscript(exponent)
        }
        return fixed(value, decimals: max(0, digits - 1 - exponent))
    }

    /// A number with so many decimals, rounded half to even.
    static func fixed(_ value: Double, decimals: Int) -> String {
        let scaled = (value.magnitude * power(decimals)).rounded(.toNearestOrEven)
        guard scaled < 1e15 else { return "\(value)" }
        let digits = String(Int(scaled))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = value < 0 && scaled > 0 ? "−" : ""
        guard decimals > 0 else { return sign + padded }
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// An estimate with its interval, rounded to two digits of the interval's half: `0.43 [0.38, 0.49]`.
    static func estimate(_ value: Double, low: Double, high: Double) -> String {
        let half = max(high - value, value - low)
        guard half > 0, half.isFinite else {
            let known = significant(value, digits: 4)
            return half > 0 ? "\(known) [\(significant(low)), \(significant(high))]" : known
        }
        let size = max(value.magnitude, half)
        let wide = low > 0 && high / low > 30
        guard (1e-3..<1e5).contains(size), !wide else {
            return [value, low, high].map { significant($0, digits: 2) }.interval
        }
        let decimals = max(0, 1 - exponent(of: half, digits: 2))
        return [value, low, high].map { fixed($0, decimals: decimals) }.interval
    }

    /// A count of parameters or tokens, to three digits at most: `25.5k`, `1.19M`, `1T`.
    static func count(_ value: Double) -> String {
        let units: [(size: Double, name: String)] = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")]
        guard let unit = units.first(where: { value.magnitude >= $0.size * 0.9995 }) else {
            return trimmed(significant(value))
        }
        return trimmed(fixed(value / unit.size, decimals: max(0, 2 - exponent(of: value / unit.size, digits: 3))))
            + unit.name
    }

    /// A whole number with its digits in groups of three, set apart by thin spaces.
    static func grouped(_ value: Double) -> String {
        let digits = fixed(value.magnitude, decimals: 0)
        var result = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { result += "\u{202f}" }
            result.append(digit)
        }
        return (value < 0 ? "−" : "") + result
    }

    /// A nominal number of bits: `4`, `1.58`.
    static func bits(_ value: Double) -> String { trimmed(fixed(value, decimals: 2)) }

    /// A share as percent.
    static func percent(_ share: Double) -> String { fixed(share * 100, decimals: 1) + " %" }

    /// A coordinate in a drawing: one decimal, a plain minus sign.
    static func coordinate(_ value: Double) -> String {
        let text = trimmed(fixed(value, decimals: 1))
        return text.hasPrefix("−") ? "-" + text.dropFirst() : text
    }

    static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var end = Substring(text)
        while end.hasSuffix("0") { end = end.dropLast() }
        return String(end.hasSuffix(".") ? end.dropLast() : end)
    }

    static func superscript(_ exponent: Int) -> String {
        let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
        let text = String(exponent.magnitude).compactMap { $0.wholeNumberValue.map { digits[$0] } }
        return (exponent < 0 ? "⁻" : "") + String(text)
    }

    /// The decimal exponent of a number after rounding to so many digits: 9.996 has 1 with three digits.
    private static func exponent(of value: Double, digits: Int) -> Int {
        let exponent = Int(log10(value.magnitude).rounded(.down))
        let rounded = (value.magnitude / power(exponent - digits + 1)).rounded()
        return rounded >= power(digits) ? exponent + 1 : exponent
    }

    /// Ten to a whole power, correctly rounded.
    static func power(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? (exponent < 0 ? 0 : .infinity) }

    /// The decimal logarithm, for scales.
    static func logarithm(_ value: Double) -> Double { log10(value) }

    /// Ten to any power, for scales.
    static func tenTo(_ exponent: Double) -> Double { pow(10, exponent) }
}

extension [String] {
    /// Three numbers as a value and its interval.
    fileprivate var interval: String { count == 3 ? "\(self[0]) [\(self[1]), \(self[2])]" : joined(separator: " ") }
}
