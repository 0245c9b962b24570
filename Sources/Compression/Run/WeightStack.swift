package import Kernels
import Synchronization

/// Weights that multiply the same inputs, stacked output below output, so that they can share one basis.
///
/// Its factorization is found when the first member asks for it and let go when all have been served.
package final class WeightStack: Sendable {
    private let members: [(name: String, weight: any WeightMatrix)]
    private let cache = Mutex<(factorization: Factorization?, served: Set<String>)>((nil, []))

    private let largest = Mutex<Float?>(nil)

    package init(_ members: [(name: String, weight: any WeightMatrix)]) { self.members = members }

    /// Where the stack's basis is stored: with the module that comes first in byte order.
    var keeper: String { members[0].name }
    var rows: Int { members.reduce(0) { $0 + $1.weight.rows } }
    var columns: Int { members[0].weight.columns }

    /// The rows of the stack that are a module's.
    func rows(of module: String) -> Range<Int> {
        var first = 0
        for member in members {
            if member.name == module { return first..<first + member.weight.rows }
            first += member.weight.rows
        }
        preconditionFailure("a module asks the stack that it belongs to")
    }

    /// The greatest magnitude of all its weights.
    var largestMagnitude: Float {
        let known = largest.withLock { $0 }
        if let known { return known }
        let found = members.map(\.weight.largestMagnitude).max() ?? 0
        largest.withLock { $0 = found }
        return found
    }

    /// The stack's factorization, for one of its members.
    func factorization(for module: String) throws(CompressionError) -> Factorization {
        let known = cache.withLock { $0.factorization }
        let factorization = if let known { known } else { try factorize() }
        cache.withLock { state in
            state.served.insert(module)
            let isLast = state.served.count == members.count
            state = isLast ? (nil, []) : (factorization, state.served)
        }
        return factorization
    }

    private func factorize() throws(CompressionError) -> Factorization {
        let stacked = Matrix(rows: rows, columns: columns)
        for member in members {
            let range = rows(of: member.name)
            let values = try LinearLayer(name: member.name, weight: member.weight, scaleType: .float16).finiteValues()
            stacked.view.rows(range).copy(from: values.view)
        }
        return try Factorization(stacked, tensor: keeper)
    }
}
