import JSON
import RealModule
package import ScalingLaws

/// How the learning rate went over a training run.
package struct LearningRateSchedule: Sendable, Equatable {
    package enum Shape: String, Sendable, CaseIterable {
        /// After warm-up it falls by half a cosine until the last step.
        case cosine
        /// After warm-up it falls by a straight line until the last step.
        case linear
        /// Warm-up, stable, decay: it stands until a step and then falls until the last one.
        case wsd
    }

    /// How a stable rate comes to its end.
    package enum Decay: String, Sendable, CaseIterable {
        case linear, cosine
        /// By one minus the square root of the share of the decay that is done.
        case squareRoot = "sqrt"
    }

    package var shape: Shape
    /// Steps of warm-up.
    package var warmUp: Int
    /// The last step that the rate stands at; nil where it never falls.
    package var decayFrom: Int?
    package var decay: Decay
    /// The step at which the rate has come to its end; nil where it never falls.
    package var steps: Int?
    /// The highest learning rate; nil where nobody said.
    package var peak: Double?
    /// The rate at the end.
    package var final: Double

    package init(
        _ shape: Shape, warmUp: Int = 0, decayFrom: Int? = nil, decay: Decay = .linear, steps: Int? = nil,
        peak: Double? = nil, final: Double = 0
    ) {
        (self.shape, self.warmUp, self.decayFrom, self.decay) = (shape, warmUp, decayFrom, decay)
        (self.steps, self.peak, self.final) = (steps, peak, final)
    }

    /// The step from which on the rate falls; nil where it never does.
    private var start: Int? { shape == .wsd ? decayFrom : warmUp }

    package func phase(at step: Int) -> LearningRatePhase {
        if step < warmUp { return .warmUp }
        if let steps, step >= steps { return .annealed }
        guard let start, step > start else { return shape == .wsd ? .stable : .decay }
        return .decay
    }

    /// The learning rate at a step; nil where no peak is known.
    package func rate(at step: Int) -> Double? {
        guard let peak else { return nil }
        if step < warmUp { return peak * Double(step) / Double(warmUp) }
        guard let start, let steps, step > start, steps > start else { return peak }
        let share = min(1, Double(step - start) / Double(steps - start))
        let left: Double =
            switch (shape, decay) {
            case (.cosine, _), (.wsd, .cosine): (1 + .cos(.pi * share)) / 2
            case (.linear, _), (.wsd, .linear): 1 - share
            case (.wsd, .squareRoot): 1 - share.squareRoot()
            }
        return final + (peak - final) * left
    }

    var json: JSONValue {
        var object = JSONObject([.init(key: "shape", value: .string(shape.rawValue))])
        if warmUp > 0 { object["warm_up"] = .integer(warmUp) }
        object["decay_from"] = decayFrom.map { .integer($0) }
        if shape == .wsd, decayFrom != nil { object["decay"] = .string(decay.rawValue) }
        object["steps"] = steps.map { .integer($0) }
        object["peak"] = peak.map { .number($0) }
        if final != 0 { object["final"] = .number(final) }
        return .object(object)
    }
}
