package import Compression
import RealModule
package import ScalingLaws

/// What compression costs a model by the errors of its layers and by how much the model minds such errors: c·(S·ō)^p, at
/// most what predictions as good as none would cost.
package struct ForetoldDamage: Sendable, Equatable {
    /// In nats per token.
    package let value: Double
    /// The 95 % interval of a measurement; nil where nothing was measured to tell it from.
    package let low: Double?
    package let high: Double?
    /// Damage is not in proportion to errors any more, so that the value is a rough one.
    package let isSaturated: Bool

    /// `sensitivity` is damage over ō under the probe's noise, in nats; `ceiling` is ln V − L₁₆.
    package init(distortion: Double, sensitivity: Double, ceiling: Double, _ constants: Constants) {
        let free = constants.factor * .pow(max(0, sensitivity * distortion), constants.exponent)
        let reach = constants.scatter.map { Double.exp(1.96 * $0) }
        value = min(free, ceiling)
        low = reach.map { min(free / $0, ceiling) }
        high = reach.map { min(free * $0, ceiling) }
        isSaturated = free > Self.proportionalNats
    }

    /// Beyond so many nats damage grows more slowly than errors do.
    package static let proportionalNats = 0.3

    /// The constants of the law, and how well it holds.
    package struct Constants: Sendable, Equatable {
        package let factor: Double
        package let exponent: Double
        /// The standard deviation of ln(measured/foretold); nil where nothing was measured.
        package let scatter: Double?

        package init(factor: Double, exponent: Double, scatter: Double?) {
            (self.factor, self.exponent, self.scatter) = (factor, exponent, scatter)
        }

        /// Those of a fit to measurements; nil where it has no scatter to tell.
        package init?(_ fit: Fit) {
            func value(_ name: String) -> Double? { fit.parameters.first { $0.name == name }?.value }
            guard let factor = value("c"), let exponent = value("p"), let scatter = fit.scatter?.deviation else {
                return nil
            }
            self.init(factor: factor, exponent: exponent, scatter: scatter)
        }
    }
}

extension Spec {
    /// Why distortion says nothing of what it costs; nil where it does.
    package var whyNothingIsForetold: String? {
        if options.activations != nil { return "rounded activations are not foretold" }
        if options.rotation != nil { return "turned weights lie in other coordinates, where nothing is compared" }
        if options.cache != nil { return "rounded keys and values are not foretold" }
        if case .mixture = format.blocks { return "rounded embeddings and heads are not foretold" }
        return nil
    }
}
