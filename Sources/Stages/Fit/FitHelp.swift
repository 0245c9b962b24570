import ScalingLaws

/// The known laws with their formulas and sources, a line each, for `qid-fit --help`.
package let lawHelp: String = {
    let width = Laws.all.map(\.name.count).max() ?? 0
    return Laws.all.map { law in
        let name = law.name + String(repeating: " ", count: width - law.name.count)
        return "  \(name)  \(law.display)"
    }.joined(separator: "\n")
}()
