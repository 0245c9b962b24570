/// One of bitsandbytes' tables of 4-bit numbers: sixteen values from −1 to 1, scaled by a block's largest magnitude.
///
/// The values are those of `bitsandbytes.functional.get_4bit_type`.
package struct FourBitTable: Sendable, Hashable {
    /// bitsandbytes' name for it.
    package let name: String
    /// The value of each code.
    let values: [Float]
    /// The codes by rising value.
    let order: [UInt8]

    /// The values by rising size.
    var levels: [Float] { order.map { values[Int($0)] } }

    /// All tables that bitsandbytes has.
    package static let all: [FourBitTable] = [.nf4, .fp4]
}
