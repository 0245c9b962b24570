package import JSON
import Kernels

extension Method {
    /// Each column's rounding error is pushed onto the rest.
    package static let gptq = Method(
        "gptq", title: "GPTQ",
        summary: "rounds column by column and pushes each one's error onto the rest through the inverse Hessian",
        source: "2210.17323", passage: .sequential(.hessian), keys: [.actOrder, .order],
        // Its reference keeps them so, and at 2 bits rounding them moves its result by several per cent of QiD.
        scaleType: .float32, compressor: GPTQ())
}

/// GPTQ (2210.17323): columns are rounded in order, and each one's error is pushed onto those still to come through the
/// inverse Hessian of the layer's inputs.
///
/// As IST-DASLab/gptq does it: damping by 1 % of the Hessian's mean diagonal; blocks of 128 columns, within which errors
/// act at once and beyond which they act when the block is done; a group's scale found when its group begins, from the
/// weights as they were when the block began; `actOrder` takes columns by falling diagonal. Dead columns become zero.
/// Scales are rounded to the type they are stored in before they are used: float32 as there unless a spec wants 16 bits.
/// The factorization is done in Double. What `order` changes is said at ``ColumnOrder``, GPTAQ's part at `Drift`.
package struct GPTQ: LayerCompressor {
    static let damping = 0.01
    static let block = 128

    /// Whether it makes up for what moved the inputs (GPTAQ).
    private let asymmetric: Bool

    package init(asymmetric: Bool = false) { self.asymmetric = asymmetric }

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        try RoundToNearest().layout(layer, spec)
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        QuantizationConfiguration.json(spec, ignored: ignored)
    }

    /// Groups of columns that lie apart are stored as GPTQ's tools have them since the second.
    package func revision(_ spec: Spec) -> Int { GPTQForm.suits(spec) ? 2 : 1 }

    package func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        guard let hessian else { throw .missingCalibration(method: specs.first?.method.name ?? Method.gptq.name) }
        precondition(hessian.columns == layer.weight.columns, "a layer's Hessian is as wide as its rows")
        var plans: [PlanKey: Plan] = [:]
        var results: [CompressedWeight] = []
        for spec in specs {
            let geometry = try PackQuantizedGeometry(layer, spec)
            let key = PlanKey(spec, geometry)
            if plans[key] == nil { plans[key] = try plan(key, layer, hessian) }
            guard let plan = plans[key] else { continue }
            let result = PackQuantizedWeight(
                geometry, scaleType: spec.scaleType(checkpoint: layer.scaleType), columnOrder: plan.order)
            try Self.fill(result, layer, plan, spec.options.order)
            results.append(result.finish())
        }
        return results
    }

    private static func fill(
        _ result: PackQuantizedWeight, _ layer: LinearLayer, _ plan: Plan, _ order: ColumnOrder?
    ) throws(CompressionError) {
        let rows = result.geometry.rows
        let work = GPTQTile.Work(
            geometry: result.geometry, scaleType: result.scaleType, factor: plan.factor, order: plan.order,
            columnOrder: order, correction: plan.correction, sparsity: nil, rounds: true)
        let rowsPerTile = GPTQTile.rows
        _ = try Parallel.map((rows + rowsPerTile - 1) / rowsPerTile) { (task) throws(CompressionError) in
            let first = task * rowsPerTile
            let tile = GPTQTile(work, firstRow: first)
            try tile.load(layer)
            try tile.run(layer)
            tile.store(into: result)
        }
    }

    /// What decides the order of columns.
    private struct PlanKey: Hashable {
        let order: ColumnOrder?
        let actOrder: Bool
        /// Where it counts.
        let groupLength: Int?

        init(_ spec: Spec, _ geometry: PackQuantizedGeometry) {
            order = spec.options.order
            actOrder = spec.options.actOrder
            groupLength = order == .groupAware ? geometry.groupLength : nil
        }
    }

    /// Columns in an order, and what is found once for all specs that want it.
    private struct Plan {
        let order: [Int]
        let factor: InverseFactor
        let correction: Matrix?
    }

    private func plan(_ key: PlanKey, _ layer: LinearLayer, _ hessian: Hessian) throws(CompressionError) -> Plan {
        // Dead columns count as if their energy were 1.
        let energies = hessian.diagonal.map { $0 == 0 ? 1 : $0 }
        let rule = key.order ?? (key.actOrder ? .staticGroups : nil)
        let order = rule?.columns(energies, groupLength: key.groupLength ?? 1) ?? Array(energies.indices)
        let factor = try InverseFactor.make(hessian, order: order, damping: Self.damping, tensor: layer.name)
        // Of an expert nothing is known but its own inputs.
        let correction = asymmetric ? layer.drift.map { Drift.correction($0, order: order, factor) } : nil
        return Plan(order: order, factor: factor, correction: correction)
    }
}
