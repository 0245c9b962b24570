import ArgumentParser

/// A share above zero, `0.05` or `5%`.
package struct Share: ExpressibleByArgument {
    package let value: Double

    package init?(argument: String) {
        let isPercent = argument.hasSuffix("%")
        guard let number = Double(isPercent ? String(argument.dropLast()) : argument), number > 0, number.isFinite
        else { return nil }
        value = isPercent ? number / 100 : number
    }
}
