import RealModule

/// Numbers for people.
enum Text {
    /// Three significant digits, as `1.2e10` above a million and below a thousandth.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
        let exponent = Int(Double.log10(abs(value)).rounded(.down))
        let unit = Double.pow(10, Double(exponent - 2))
        let digits = (value / unit).rounded()
        guard (-3..<6).contains(exponent) else {
            let mantissa = trimmed(digits / 100)
            return "\(mantissa)e\(exponent)"
        }
        return exponent >= 2 ? trimmed(digits * unit) : trimmed(digits / .pow(10, Double(2 - exponent)))
    }

    private static func trimmed(_ value: Double) -> String { Label.text(value) }
}
