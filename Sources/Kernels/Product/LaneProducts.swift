/// target[k] −= Σᵢ errors[i]·factors[8i + k] for eight k, one fused multiply-add for each i in order.
///
/// GPTQ spends its time here: eight sums stay in registers, and bounds are checked for all of them at once.
package func subtractProducts(
    _ errors: Span<Lanes>, _ factors: Span<Float>, from target: inout MutableSpan<Lanes>
) {
    precondition(factors.count == 8 * errors.count && target.count == 8, "there are eight factors for each error")
    var (sum0, sum1, sum2, sum3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var (sum4, sum5, sum6, sum7) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    errors.withUnsafeBufferPointer { errors in
        factors.withUnsafeBufferPointer { factors in
            guard let errorBase = errors.baseAddress, let factorBase = factors.baseAddress else { return }
            for index in 0..<errors.count {
                let (error, own) = (errorBase[index], factorBase + 8 &* index)
                sum0.addProduct(error, own[0])
                sum1.addProduct(error, own[1])
                sum2.addProduct(error, own[2])
                sum3.addProduct(error, own[3])
                sum4.addProduct(error, own[4])
                sum5.addProduct(error, own[5])
                sum6.addProduct(error, own[6])
                sum7.addProduct(error, own[7])
            }
        }
    }
    target[0] -= sum0
    target[1] -= sum1
    target[2] -= sum2
    target[3] -= sum3
    target[4] -= sum4
    target[5] -= sum5
    target[6] -= sum6
    target[7] -= sum7
}
