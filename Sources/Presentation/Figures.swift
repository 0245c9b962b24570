import RealModule

/// Numbers as people read them: as many digits as are known, a real minus sign, powers of ten where they are clearer.
package enum Figures {
    /// A number to so many significant digits, very small and large ones by powers of ten: `0.0123`, `3.20×10⁻⁶`.
    package static func significant(_ value: Double, digits: Int = 3, trimmed isTrimmed: Bool = false) -> String {
        guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞" }
        guard value != 0 else { return "0" }
        let exponent = exponent(of: value, digits: digits)
        guard (-4...5).contains(exponent) else { return scientific(value, digits: digits, trimmed: isTrimmed) }
        let text = fixed(value, decimals: max(0, digits - 1 - exponent))
        return isTrimmed ? trimmed(text) : text
    }

    /// A number by a power of ten: `3.2×10⁻⁶`.
    package static func scientific(_ value: Double, digits: Int, trimmed isTrimmed: Bool = false) -> String {
        guard value.isFinite, value != 0 else { return significant(value) }
        let exponent = exponent(of: value, digits: digits)
        let mantissa = fixed(value / power(exponent), decimals: digits - 1)
        return (isTrimmed ? trimmed(mantissa) : mantissa) + "×10" + superscript(exponent)
    }

    /// A number with so many decimals, rounded half to even.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        let scaled = (value.magnitude * power(decimals)).rounded(.toNearestOrEven)
        guard scaled < 1e15 else { return "\(value)" }
        let digits = String(Int(scaled))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = value < 0 && scaled > 0 ? "−" : ""
        guard decimals > 0 else { return sign + padded }
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// An estimate with its interval, rounded to what the distance to the nearer end is worth: `0.43 [0.38, 0.49]`.
    ///
    /// That distance keeps two digits if it begins with 1 to 4, else one.
    ///
    /// Where the interval spans a factor of 30 or the numbers are very small or large, each has two digits of its own.
    package static func estimate(_ value: Double, low: Double, high: Double) -> String {
        let distances = [high - value, value - low].filter { $0 > 0 }
        guard let nearer = distances.min() else { return significant(value, digits: 4) }
        let size = max(value.magnitude, high.magnitude)
        let isWide = low > 0 && high / low > 30
        guard high.isFinite, low.isFinite, (1e-3..<1e5).contains(size), !isWide else {
            let smallest = [value, low, high].filter { $0 != 0 }.map(\.magnitude).min() ?? 0
            return interval([value, low, high]) {
                smallest < 1e-3 ? scientific($0, digits: 2) : significant($0, digits: 2)
            }
        }
        let place = exponent(of: nearer, digits: 2)
        let digits = nearer / power(place) < 5 ? 2 : 1
        let decimals = min(6, max(0, digits - 1 - place))
        return interval([value, low, high]) { fixed($0, decimals: decimals) }
    }

    private static func interval(_ numbers: [Double], _ text: (Double) -> String) -> String {
        let texts = numbers.map(text)
        return "\(texts[0]) [\(texts[1]), \(texts[2])]"
    }

    /// A count of parameters or tokens, to three digits at most: `25.5k`, `1.19M`, `1T`.
    package static func count(_ value: Double) -> String {
        let units: [(size: Double, name: String)] = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")]
        guard let unit = units.first(where: { value.magnitude >= $0.size * 0.9995 }) else {
            return trimmed(significant(value))
        }
        return trimmed(fixed(value / unit.size, decimals: max(0, 2 - exponent(of: value / unit.size, digits: 3))))
            + unit.name
    }

    /// A nominal number of bits: `4`, `1.58`.
    package static func bits(_ value: Double) -> String { trimmed(fixed(value, decimals: 2)) }

    /// A share as percent.
    package static func percent(_ share: Double) -> String { fixed(share * 100, decimals: 1) + " %" }

    /// A coordinate in a drawing: one decimal, a plain minus sign.
    package static func coordinate(_ value: Double) -> String {
        let text = trimmed(fixed(value, decimals: 1))
        return text.hasPrefix("−") ? "-" + text.dropFirst() : text
    }

    package static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var end = Substring(text)
        while end.hasSuffix("0") { end = end.dropLast() }
        return String(end.hasSuffix(".") ? end.dropLast() : end)
    }

    package static func superscript(_ exponent: Int) -> String {
        let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
        let text = String(exponent.magnitude).compactMap { $0.wholeNumberValue.map { digits[$0] } }
        return (exponent < 0 ? "⁻" : "") + String(text)
    }

    /// The decimal exponent of a number after rounding to so many digits: 9.996 has 1 with three digits.
    private static func exponent(of value: Double, digits: Int) -> Int {
        let exponent = Int(Double.log10(value.magnitude).rounded(.down))
        let rounded = (value.magnitude / power(exponent - digits + 1)).rounded()
        return rounded >= power(digits) ? exponent + 1 : exponent
    }

    /// Ten to a whole power, correctly rounded.
    package static func power(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? (exponent < 0 ? 0 : .infinity) }

    /// The decimal logarithm, for scales.
    package static func logarithm(_ value: Double) -> Double { .log10(value) }

    /// Ten to any power, for scales.
    package static func tenTo(_ exponent: Double) -> Double { .pow(10, exponent) }

    /// Three significant digits in ASCII, as `1.2e10` above a million and below a thousandth: for warnings, which are stored.
    package static func compact(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
        let exponent = Int(Double.log10(abs(value)).rounded(.down))
        let unit = Double.pow(10, Double(exponent - 2))
        let digits = (value / unit).rounded()
        guard (-3..<6).contains(exponent) else { return "\(plain(digits / 100))e\(exponent)" }
        return exponent >= 2 ? plain(digits * unit) : plain(digits / .pow(10, Double(2 - exponent)))
    }

    /// Six significant digits in ASCII, without an exponent from a thousandth to a million.
    package static func precise(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return "\(value)" }
        let exponent = Int(Double.log10(value.magnitude).rounded(.down))
        let isPlain = (1e-3..<1e6).contains(value.magnitude)
        let text = fixed(isPlain ? value : value / power(exponent), decimals: isPlain ? max(0, 5 - exponent) : 5)
        return (text.hasPrefix("−") ? "-" + text.dropFirst() : text) + (isPlain ? "" : "e\(exponent)")
    }

    /// Every digit that tells a number from its neighbours, without a fraction that is not there: `4`, `2.5`.
    package static func plain(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
