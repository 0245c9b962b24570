import Compression
import Kernels
import LanguageModel

/// Second moments of what the linear layers behind attention and MLPs are given, gathered for as many of them at a time as
/// memory is wanted for.
final class SiteMoments {
    private let run: LayerwiseRun
    private let layer: Int
    private let wanted: Set<String>
    private var gathering: HessianGathering
    private var done: Set<String> = []

    private static let byteCount = 1 << 29

    /// Takes the first linear layers of the sites whose own error counts.
    init(_ run: LayerwiseRun, layer: Int, _ modules: [String]) {
        (self.run, self.layer, wanted) = (run, layer, Set(modules))
        gathering = HessianGathering(context: run.context, except: [], byteCount: Self.byteCount)
    }

    /// Adds some windows' inputs.
    func add(_ inputs: MatrixView, of modules: [String]) {
        let own = modules.filter(wanted.contains)
        if !own.isEmpty { gathering.add(inputs, of: own) }
    }

    /// A module's moments; the layer is gone through again where there was no room for them.
    func hessian(of module: String) throws(LanguageModelError) -> Hessian {
        if gathering.hessians[module] == nil { try gather(except: done) }
        if gathering.hessians[module] == nil { try gather(except: wanted.subtracting([module])) }
        guard let hessian = gathering.hessians[module] else {
            preconditionFailure("a linear layer with statistics was given inputs")
        }
        done.insert(module)
        return hessian
    }

    private func gather(except seen: Set<String>) throws(LanguageModelError) {
        gathering = HessianGathering(context: run.context, except: seen, byteCount: Self.byteCount)
        try run.observe(layer: layer) { modules, inputs in self.add(inputs, of: modules) }
    }
}
