/// A row of elements on their way through an activation.
@usableFromInline package struct ActivatedRow {
    @usableFromInline let function: Activation
    @usableFromInline let x: UnsafePointer<Float>
    @usableFromInline let factor: UnsafePointer<Float>?
    @usableFromInline let result: UnsafeMutablePointer<Float>
    @usableFromInline let count: Int

    /// result[i] = function(x[i]), times factor[i] if there are factors, for `count` elements.
    ///
    /// `result` may be `x` or `factor`.
    package init(
        _ function: Activation, of x: UnsafePointer<Float>, times factor: UnsafePointer<Float>?,
        into result: UnsafeMutablePointer<Float>, count: Int
    ) {
        (self.function, self.x, self.factor, self.result, self.count) = (function, x, factor, result, count)
    }

    /// Computes the results.
    @inlinable @_transparent
    package func activate() {
        switch function {
        case .gelu: map(GELU.self)
        case .geluTanh: map(TanhGELU.self)
        case .silu: map(SiLU.self)
        case .relu: map(ReLU.self)
        case .reluSquared: map(SquaredReLU.self)
        }
    }

    @inlinable @_transparent
    func map<F: ElementFunction>(_: F.Type) {
        let whole = count & ~15
        var index = 0
        while index < whole {
            let value = F.value(x.floats(index))
            result.store(factor.map { value * $0.floats(index) } ?? value, index)
            index &+= 16
        }
        guard whole < count else { return }
        let rest = count - whole
        let value = F.value(x.partialFloats(whole, count: rest))
        result.storePartial(
            factor.map { value * $0.partialFloats(whole, count: rest) } ?? value, whole, count: rest)
    }
}
