/// How many coordinates points have: a constant for the usual numbers, so that loops over them are unrolled.
protocol CoordinateCount: Sendable {
    var value: Int { get }
}

struct TwoCoordinates: CoordinateCount { var value: Int { 2 } }
struct FourCoordinates: CoordinateCount { var value: Int { 4 } }
struct EightCoordinates: CoordinateCount { var value: Int { 8 } }
struct AnyCoordinates: CoordinateCount { let value: Int }
