extension Spec {
    /// A compression method by its name in manifests; its rules say which specs make sense.
    ///
    /// A new method is a case here, its rules, and one file with its `LayerCompressor`.
    package enum Method: String, Sendable, Hashable, CaseIterable {
        /// Round to nearest: no data needed.
        case rtn
        /// Column by column, each one's rounding error pushed onto the rest (2210.17323).
        case gptq

        /// What the method must know of a layer's inputs.
        package var need: CalibrationNeed {
            switch self {
            case .rtn: .none
            case .gptq: .hessian
            }
        }

        /// The type of its scales where a spec does not say: GPTQ's reference keeps them in float32, and at 2 bits the
        /// rounding of scales moves its result by several per cent of QiD; nil for the checkpoint's 16-bit type.
        var scaleType: ScaleType? { self == .gptq ? .float32 : nil }

        /// The bits per weight it can give.
        package var widths: ClosedRange<Int> { 2...8 }

        /// Whether `act_order` means something to it.
        var ordersColumns: Bool { self == .gptq }

        /// Refuses a spec that makes no sense.
        func check(_ spec: Spec) throws(CompressionError) {
            guard widths.contains(spec.bits) else {
                throw .invalidValue(
                    key: "bits", value: "\(spec.bits)",
                    allowed: "a whole number from \(widths.lowerBound) to \(widths.upperBound) for \(rawValue)")
            }
            if case .size(let size) = spec.group, !Spec.groupSizes.contains(size) {
                throw .invalidValue(key: "group", value: "\(size)", allowed: Spec.allowedGroups)
            }
            if spec.actOrder && !ordersColumns {
                throw .invalidValue(key: "act_order", value: "true", allowed: "false for \(rawValue); gptq takes it")
            }
        }
    }
}

/// What a method must know of the inputs that a layer sees.
package enum CalibrationNeed: Sendable, Hashable {
    case none
    /// H = 2XXᵀ/n over the calibration tokens.
    case hessian
}
