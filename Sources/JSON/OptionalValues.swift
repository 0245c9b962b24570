extension JSONValue {
    /// Text, or null where there is none.
    package static func string(orNull value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    /// A whole number, likewise.
    package static func integer(orNull value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
    /// A number, likewise.
    package static func number(orNull value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
}
