import RealModule

/// A formula compiled for the rows of a table: each node's values over all rows at once, with the derivatives by the
/// slots that it depends on carried forward (dual numbers, column by column).
///
/// A slot is a parameter as the formula writes it; `eff[scheme]` is one slot, whichever eff a row uses. What depends
/// on no parameter is evaluated once, when the tape is made.
struct Tape: Sendable {
    struct Node: Sendable, Hashable {
        var operation: Operation
        var left = -1
        var right = -1
    }

    enum Operation: Sendable, Hashable {
        case data(Int)
        case slot(Int)
        case add, subtract, multiply, divide, negate
        /// The base is data whose logarithm is this column.
        case powerOfData(logarithm: Int)
        case powerBy(Double)
        case power
        case exp, log, sqrt, tanh
    }

    let rowCount: Int
    let slotNames: [String]
    private(set) var nodes: [Node] = []
    /// Slots that each node depends on, in increasing order.
    private(set) var dependencies: [[Int]] = []
    private(set) var columns: [[Double]] = []
    private var known: [Node: Int] = [:]
    private let variables: [Variable: [Double]]

    /// Compiles a formula for rows whose variables are given as columns.
    init(_ expression: Expression, slots: [String], rowCount: Int, variables: [Variable: [Double]]) {
        self.rowCount = rowCount
        self.variables = variables
        slotNames = slots
        _ = compile(expression)
    }

    private mutating func compile(_ expression: Expression) -> Int {
        if expression.parameters.isEmpty { return data(values(of: expression)) }
        switch expression {
        case .number, .variable: return data(values(of: expression))
        case .parameter(let name, _): return append(Node(operation: .slot(slotNames.firstIndex(of: name) ?? 0)))
        case .add(let a, let b): return binary(.add, a, b)
        case .subtract(let a, let b): return binary(.subtract, a, b)
        case .multiply(let a, let b): return binary(.multiply, a, b)
        case .divide(let a, let b): return binary(.divide, a, b)
        case .negate(let a): return append(Node(operation: .negate, left: compile(a)))
        case .power(let base, let exponent): return power(base, exponent)
        case .call(let function, let argument): return call(function, argument)
        }
    }

    private mutating func binary(_ operation: Operation, _ a: Expression, _ b: Expression) -> Int {
        let left = compile(a)
        return append(Node(operation: operation, left: left, right: compile(b)))
    }

    private mutating func power(_ base: Expression, _ exponent: Expression) -> Int {
        if case .number(let number) = exponent {
            return append(Node(operation: .powerBy(number), left: compile(base)))
        }
        guard base.parameters.isEmpty else { return binary(.power, base, exponent) }
        let left = data(values(of: base))
        let logarithm = data(values(of: base).map { Double.log($0) })
        guard case .data(let column) = nodes[logarithm].operation else { return left }
        return append(Node(operation: .powerOfData(logarithm: column), left: left, right: compile(exponent)))
    }

    private mutating func call(_ function: Expression.Function, _ argument: Expression) -> Int {
        let inner = compile(argument)
        switch function {
        case .exp: return append(Node(operation: .exp, left: inner))
        case .log: return append(Node(operation: .log, left: inner))
        case .sqrt: return append(Node(operation: .sqrt, left: inner))
        case .tanh: return append(Node(operation: .tanh, left: inner))
        case .log2, .log10:
            let logarithm = append(Node(operation: .log, left: inner))
            let factor = 1 / Double.log(function == .log2 ? 2 : 10)
            let constant = data(Array(repeating: factor, count: rowCount))
            return append(Node(operation: .multiply, left: logarithm, right: constant))
        }
    }

    private mutating func data(_ column: [Double]) -> Int {
        if let place = columns.firstIndex(of: column) { return append(Node(operation: .data(place))) }
        columns.append(column)
        return append(Node(operation: .data(columns.count - 1)))
    }

    private mutating func append(_ node: Node) -> Int {
        if let place = known[node] { return place }
        nodes.append(node)
        var slots: Set<Int> = []
        if case .slot(let slot) = node.operation { slots.insert(slot) }
        if node.left >= 0 { slots.formUnion(dependencies[node.left]) }
        if node.right >= 0 { slots.formUnion(dependencies[node.right]) }
        dependencies.append(slots.sorted())
        known[node] = nodes.count - 1
        return nodes.count - 1
    }

    /// The column of an expression without parameters.
    private func values(of expression: Expression) -> [Double] {
        switch expression {
        case .number(let number): return Array(repeating: number, count: rowCount)
        case .variable(let variable): return variables[variable] ?? Array(repeating: .nan, count: rowCount)
        case .parameter: return Array(repeating: .nan, count: rowCount)
        case .add(let a, let b): return zip(values(of: a), values(of: b)).map { $0 + $1 }
        case .subtract(let a, let b): return zip(values(of: a), values(of: b)).map { $0 - $1 }
        case .multiply(let a, let b): return zip(values(of: a), values(of: b)).map { $0 * $1 }
        case .divide(let a, let b): return zip(values(of: a), values(of: b)).map { $0 / $1 }
        case .power(let a, let b): return zip(values(of: a), values(of: b)).map { Double.pow($0, $1) }
        case .negate(let a): return values(of: a).map { -$0 }
        case .call(let function, let a): return values(of: a).map(function.callAsFunction)
        }
    }
}

extension Expression.Function {
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .exp: .exp(x)
        case .log: .log(x)
        case .log2: .log2(x)
        case .log10: .log10(x)
        case .sqrt: x.squareRoot()
        case .tanh: .tanh(x)
        }
    }
}
