package import Compression
package import JSON
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
    /// Damage is so large that the value is a rough one.
    package let isSaturated: Bool

    /// `sensitivity` is damage over ō under the probe's noise, in nats, known up to `reachOfSensitivity` (ln of the factor
    /// that its 95 % interval reaches; nil for one that was measured); `ceiling` is ln V − L₁₆.
    package init(
        distortion: Double, sensitivity: Double, ceiling: Double, _ constants: Constants,
        reachOfSensitivity: Double? = nil
    ) {
        let free = constants.factor * .pow(max(0, sensitivity * distortion), constants.exponent)
        let ofSensitivity = (reachOfSensitivity ?? 0) * constants.exponent
        let reach = constants.reach(distortion: distortion, sensitivity: sensitivity).map { own in
            Double.exp((own * own + ofSensitivity * ofSensitivity).squareRoot())
        }
        value = min(free, ceiling)
        low = reach.map { min(free / $0, ceiling) }
        high = reach.map { min(free * $0, ceiling) }
        isSaturated = free > Self.roughAboveNats
    }

    /// Beyond so many nats what is foretold is rougher, as `Manifests/foretell.yaml` measures: off by 1.22 rather than 1.09.
    package static let roughAboveNats = 0.3

    /// The constants of the law, and how well it holds.
    package struct Constants: Sendable, Equatable {
        package let factor: Double
        package let exponent: Double
        /// The standard deviation of ln(measured/foretold); nil where nothing was measured.
        package let scatter: Double?
        /// The fit that they are of; nil where they are of none here.
        private let fit: Fit?

        package init(factor: Double, exponent: Double, scatter: Double?) {
            (self.factor, self.exponent, self.scatter, fit) = (factor, exponent, scatter, nil)
        }

        /// Those of a fit to measurements; nil where it has no scatter to tell.
        package init?(_ fit: Fit) {
            func value(_ name: String) -> Double? { fit.parameters.first { $0.name == name }?.value }
            guard let factor = value("c"), let exponent = value("p"), let scatter = fit.scatter?.deviation else {
                return nil
            }
            (self.factor, self.exponent, self.scatter, self.fit) = (factor, exponent, scatter, fit)
        }

        /// ln of the factor that the 95 % interval of a measurement reaches: by the fit, what is not known of its constants
        /// included; else by its scatter.
        func reach(distortion: Double, sensitivity: Double) -> Double? {
            var place = Conditions(params: 1, tokens: 1)
            place.columns = ["distortion": distortion, "sensitivity": sensitivity]
            if let fit, let there = try? fit.predict([place]).first, let interval = there.predictive, there.value > 0,
                interval.lowerBound > 0
            {
                return .log(there.value / interval.lowerBound)
            }
            return scatter.map { 1.96 * $0 }
        }
    }
}

extension JSONValue {
    /// `{"value", "low", "high", "saturated"}`, nats per token.
    package init(_ damage: ForetoldDamage) {
        self = [
            "value": .number(damage.value), "low": .number(orNull: damage.low), "high": .number(orNull: damage.high),
            "saturated": .bool(damage.isSaturated),
        ]
    }
}

extension Spec {
    /// Why distortion says nothing of what it costs; nil where it does.
    ///
    /// Inputs of layers in 4-bit integers cost small models up to twice what the movement of what is read says, and keys and values
    /// 0.7 to 1.8 times it.
    package var whyNothingIsForetold: String? {
        if allSpecs.contains(where: { $0.options.activations?.numbers == .integers(bits: 4) }) {
            return "inputs in 4-bit integers are not foretold"
        }
        if options.rotation != nil { return "turned weights lie in other coordinates, where nothing is compared" }
        if options.cache != nil { return "rounded keys and values are not foretold" }
        if case .mixture = format.blocks { return "rounded embeddings and heads are not foretold" }
        if reachesOutOfLayers { return "rounded embeddings and heads are not foretold" }
        return nil
    }
}
