/// What is wrong with a row that was to be encoded or decoded.
package enum BlockError: Error, Equatable {
    case partialBlock(type: String, weights: Int, weightsPerBlock: Int)
    case byteCount(type: String, weights: Int, expected: Int, found: Int)
    case notFinite(type: String, index: Int, value: String)
    case scaleOverflow(type: String, weights: Range<Int>, largest: String)
    case importanceMissing(type: String)
    case importanceCount(type: String, expected: Int, found: Int)
    case importance(type: String, index: Int, value: String)
}

extension BlockError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .partialBlock(let type, let weights, let weightsPerBlock):
            "a row of \(weights) weights is no whole number of \(type) blocks of \(weightsPerBlock)"
        case .byteCount(let type, let weights, let expected, let found):
            "\(weights) weights in \(type) take \(expected) bytes, but there are \(found)"
        case .notFinite(let type, let index, let value):
            "weight \(index) of the row is \(value), and \(type) stores finite weights only"
        case .scaleOverflow(let type, let weights, let largest):
            "weights \(weights) of the row reach \(largest), which is beyond the scales of \(type)"
        case .importanceMissing(let type):
            "\(type) needs the importance of each input (imatrix: true), and there is none"
        case .importanceCount(let type, let expected, let found):
            "a row of \(expected) weights needs as many importances for \(type), but there are \(found)"
        case .importance(let type, let index, let value):
            "importance \(index) is \(value), and \(type) needs finite ones that are not negative"
        }
    }
}
