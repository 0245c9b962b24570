import Presentation

/// Why points, a law, an objective or a question cannot be used.
package enum ScalingLawsError: Error, Equatable {
    case emptyTable
    /// A header and nothing below it.
    case noRows
    case notUTF8
    /// Lines end as they did on the first Macintosh, so that the whole table is one line.
    case carriageReturns
    case missingColumn(String, found: [String])
    case duplicateColumn(String)
    case wrongFieldCount(line: Int, found: Int, expected: Int)
    case unterminatedQuote(line: Int)
    case badValue(line: Int, column: String, found: String, expected: String)
    case unknownObjective(String)
    case unknownLaw(String, known: [String])
    case badExpression(String, offset: Int, expected: String)
    case badBounds(String)
    case badConditions(String, String)
    case unknownName(String, law: String, columns: [String])
    case unknownLabel(String, law: String, labels: [String])
    case oneValue(law: String, variable: String, known: Double, asked: Double)
    case unknownParameter(String, law: String, known: [String])
    case noReferenceScheme(wanted: String?, found: [String])
    case nothingMeasured(law: String, quantity: String)
    /// Points have what a law predicts, and none of them can be used.
    case noUsablePoint(law: String, points: Int, reason: String)
    case tooFewPoints(law: String, points: Int, parameters: Int)
    case noFiniteStart(law: String)
    case missingCondition(law: String, name: String)
    case unknownLevel(law: String, parameter: String, found: String, known: [String])
    case differentQuantities(String, String)
    case noAnswer(String)
}

extension ScalingLawsError {
    /// Whether a table of points is at fault, not what was asked of it.
    package var isAboutTable: Bool {
        switch self {
        case .emptyTable, .noRows, .notUTF8, .carriageReturns, .noUsablePoint, .missingColumn, .duplicateColumn,
            .wrongFieldCount, .unterminatedQuote, .badValue:
            true
        default: false
        }
    }
}

extension ScalingLawsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .emptyTable: "the table has no header line"
        case .noRows: "the table has a header and no rows"
        case .notUTF8: "the table is not UTF-8; convert it with 'iconv -f UTF-16 -t UTF-8', or from what it is"
        case .carriageReturns: "lines end in CR alone; convert them with 'tr '\\r' '\\n''"
        case .missingColumn(let name, let found): "no column '\(name)' among \(Self.list(found))"
        case .duplicateColumn(let name): "two columns mean '\(name)'"
        case .wrongFieldCount(let line, let found, let expected):
            "line \(line) has \(found) fields where the header has \(expected)"
        case .unterminatedQuote(let line): "line \(line) opens a quotation that never ends"
        case .badValue(let line, let column, let found, let expected):
            "line \(line), column '\(column)': '\(found)' is not \(expected)"
        case .unknownObjective(let text):
            "unknown objective '\(text)'; known are linear, log, huber:DELTA and huber-log:DELTA with DELTA > 0"
        case .unknownLaw(let name, let known):
            "unknown law '\(name)'; known are \(Self.list(known)) and any expression in "
                + "params, tokens, bits, sparsity, group"
        case .badExpression(let text, let offset, let expected):
            "expression '\(text)' at character \(offset): expected \(expected)"
        case .badBounds(let text): "bounds '\(text)' are not NAME=LOW:HIGH with LOW < HIGH"
        case .badConditions(let text, let why): "conditions '\(text)': \(why)"
        case .unknownName(let name, let law, let columns):
            "law '\(law)' names '\(name)', which is neither a column of the points (\(Self.list(columns))) nor a parameter: "
                + "these are letters such as k, E or alpha, with digits or a capital behind, or names with --bounds \(name)=:"
        case .unknownLabel(let name, let law, let labels):
            "law '\(law)' has a parameter for each '\(name)', which is no column of the points; they have \(Self.list(labels))"
        case .oneValue(let law, let variable, let known, let asked):
            "law '\(law)' was fitted where \(variable) is \(Figures.compact(known)) alone and cannot say what it is at "
                + Figures.compact(asked)
        case .unknownParameter(let name, let law, let known):
            "law '\(law)' has no parameter '\(name)'; it has \(Self.list(known))"
        case .noReferenceScheme(let wanted, let found):
            "no points of the reference scheme\(wanted.map { " '\($0)'" } ?? "") (eff 1) among \(Self.list(found))"
        case .nothingMeasured(let law, let quantity): "law '\(law)' predicts \(quantity), which no usable point has"
        case .noUsablePoint(let law, let points, let reason):
            "law '\(law)' can use none of \(points) points; of the first: \(reason)"
        case .tooFewPoints(let law, let points, let parameters):
            "law '\(law)' has \(parameters) free parameters but only \(points) usable points"
        case .noFiniteStart(let law): "law '\(law)' is not finite at the points for any start tried; give bounds"
        case .missingCondition(let law, let name): "law '\(law)' needs \(name)"
        case .unknownLevel(let law, let parameter, let found, let known):
            "law '\(law)' has no \(parameter) for '\(found)'; fitted were \(Self.list(known))"
        case .differentQuantities(let first, let other):
            "law '\(other)' does not predict what law '\(first)' does, so they cannot be ranked together"
        case .noAnswer(let why): why
        }
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.map { "'\($0)'" }.joined(separator: ", ")
    }
}
