/// A spec taken apart for comparing methods: two may be compared where all but the method is the same.
struct Recipe: Sendable, Hashable {
    /// The spec's name, such as `rtn-asym-w4-g16-search`.
    let spec: String
    /// The same without the bits: `rtn-asym-g16-search`.
    let scheme: String
    /// The method with the options that change how it works and not what it makes: `rtn-search`.
    private(set) var method: String
    /// All else, which methods that are compared share: `asym-w4-g16`.
    let setting: String
    /// The setting without the bits: `asym-g16`; empty where there is nothing to say.
    let form: String
    /// The method without the type that scales are stored in.
    private let plainMethod: String

    /// The recipes of cells by their specs; the type of scales belongs to a method's name where it comes with several.
    static func recipes(of cells: [MeasuredCell]) -> [String: Recipe] {
        var recipes: [String: Recipe] = [:]
        for cell in cells where recipes[cell.spec] == nil { recipes[cell.spec] = Recipe(cell) }
        let variants = Dictionary(grouping: Set(recipes.values.map { [$0.plainMethod, $0.method] })) { $0[0] }
        return recipes.mapValues { recipe in
            var recipe = recipe
            if variants[recipe.plainMethod]?.count == 1 { recipe.method = recipe.plainMethod }
            return recipe
        }
    }

    private init(_ cell: MeasuredCell) {
        spec = cell.spec
        scheme = cell.scheme
        let own = Self.rest(of: cell.spec, behind: cell.method).filter(Self.isOwn)
        method = ([cell.method] + own).joined(separator: "-")
        plainMethod = ([cell.method] + own.filter { !Self.scaleTypes.contains($0) }).joined(separator: "-")
        func shared(_ name: String) -> String {
            Self.rest(of: name, behind: cell.method).filter { !Self.isOwn($0) }.joined(separator: "-")
        }
        setting = shared(cell.spec)
        form = shared(cell.scheme)
    }

    /// The parts of a name behind the method's.
    private static func rest(of name: String, behind method: String) -> [String] {
        guard name.hasPrefix(method) else { return [name] }
        return name.dropFirst(method.count).split(separator: "-").map(String.init)
    }

    /// Whether a part of a name is the method's own affair.
    private static func isOwn(_ part: String) -> Bool { options.contains(part) || scaleTypes.contains(part) }

    private static let options: Set<String> = ["search", "shared", "actorder"]
    private static let scaleTypes: Set<String> = ["float16", "bfloat16", "float32"]
}
