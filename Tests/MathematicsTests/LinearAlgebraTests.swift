import Mathematics
import Testing

@Suite struct LinearAlgebraTests {
    /// A symmetric matrix with elements from −1 to 1, or with `shift` added to the diagonal.
    private static func symmetric(_ size: Int, shift: Double = 0) -> [Double] {
        var random = RandomNumbers(seed: UInt64(size))
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0...row {
                let value = 2 * random.uniform() - 1 + (row == column ? shift : 0)
                (matrix[row * size + column], matrix[column * size + row]) = (value, value)
            }
        }
        return matrix
    }

    /// The largest element of A·B − I.
    private static func distanceFromIdentity(_ a: [Double], _ b: [Double], _ size: Int) -> Double {
        var largest = 0.0
        for row in 0..<size {
            for column in 0..<size {
                let sum = (0..<size).reduce(0.0) { $0 + a[row * size + $1] * b[$1 * size + column] }
                largest = max(largest, abs(sum - (row == column ? 1 : 0)))
            }
        }
        return largest
    }

    /// Sizes of one task and of several.
    @Test(arguments: [1, 2, 3, 8, 65, 150]) func eigenvectorsMakeTheMatrix(size: Int) throws {
        let matrix = Self.symmetric(size)
        let eigen = try #require(SymmetricEigen(matrix, count: size))
        #expect(zip(eigen.values, eigen.values.dropFirst()).allSatisfy(>=))
        let again = eigen.applying { $0 }
        #expect(zip(matrix, again).allSatisfy { abs($0 - $1) < 1e-12 * Double(size) })
        #expect(Self.distanceFromIdentity(eigen.applying { 1 / $0 }, matrix, size) < 1e-8)
    }

    @Test func noEigenvaluesOfWhatIsNotFinite() {
        #expect(SymmetricEigen([1, .nan, .nan, 1], count: 2) == nil)
    }

    @Test(arguments: [1, 2, 7, 30]) func choleskyInverts(size: Int) throws {
        let matrix = Self.symmetric(size, shift: Double(size))
        let factor = try #require(Cholesky(matrix, size: size))
        #expect(Self.distanceFromIdentity(matrix, factor.inverse(), size) < 1e-11)
        let x = factor.solve((0..<size).map { matrix[$0 * size] })
        #expect(x.enumerated().allSatisfy { abs($1 - ($0 == 0 ? 1 : 0)) < 1e-11 })
    }

    @Test func indefiniteMatricesHaveNoFactor() {
        #expect(Cholesky([1, 2, 2, 1], size: 2) == nil)
        #expect(Cholesky([0], size: 1) == nil)
    }

    /// (L⁻¹)ᵀL⁻¹ is the inverse; sizes of one block, of whole blocks and of several with a rest.
    @Test(arguments: [1, 5, 64, 128, 200]) func blocksInvert(size: Int) {
        let matrix = Self.symmetric(size, shift: Double(size))
        let work = BlockedCholesky(count: size) { row, values in
            for column in 0...row { values[column] = matrix[row * size + column] }
        }
        #expect(work.factorize() == nil)
        work.invert()
        var inverse = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            work.readRow(row) { values in
                for left in 0...row {
                    for right in 0...row { inverse[left * size + right] += values[left] * values[right] }
                }
            }
        }
        #expect(Self.distanceFromIdentity(matrix, inverse, size) < 1e-11)
    }

    @Test func blocksNameTheRowThatIsNotPositive() {
        let size = 100
        let work = BlockedCholesky(count: size) { row, values in values[row] = row == 77 ? -1 : 1 }
        #expect(work.factorize() == 77)
    }

    /// The first numbers of seed 0, as the generator's authors publish them.
    @Test func randomNumbersAreSplitMix64() {
        var random = RandomNumbers(seed: 0)
        #expect(
            (0..<3).map { _ in random.next() } == [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f])
    }
}
