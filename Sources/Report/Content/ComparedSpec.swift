internal import Compression
import Kernels
internal import Records

/// A spec beside others of a report: two may be compared where all but the method is the same.
struct ComparedSpec: Sendable, Hashable {
    let spec: Spec
    /// The method with the options that change how it works and not what it makes: `rtn-search`.
    private(set) var method: String

    var name: String { spec.name }

    /// The specs of cells by their names; the type of scales belongs to a method's name where it comes with several.
    static func specs(of cells: [MeasuredCell]) -> [String: ComparedSpec] {
        var specs: [String: ComparedSpec] = [:]
        for cell in cells where specs[cell.spec.name] == nil {
            specs[cell.spec.name] = ComparedSpec(spec: cell.spec, method: cell.spec.variant)
        }
        let scales = Dictionary(grouping: specs.values.map(\.spec), by: \.variant).mapValues { Set($0.map(\.scales)) }
        return specs.mapValues { compared in
            guard let own = compared.spec.scales, scales[compared.spec.variant]?.count != 1 else { return compared }
            var compared = compared
            compared.method += "-" + own.rawValue
            return compared
        }
    }
}
