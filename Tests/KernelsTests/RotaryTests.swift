import Foundation
import Kernels
import Testing

struct RotaryTests {
    @Test(arguments: [2, 6, 16, 20, 64])
    func rotatesPairsOfHalves(rotarySize: Int) {
        let (windowLength, size, half) = (7, 64, rotarySize / 2)
        let frequencies = (0..<half).map { pow(10_000, -Double($0) / Double(half)) }
        let x = Matrix.random(14, 3 + 2 * 70, seed: 1)
        let before = x.part(rows: 0..<14)
        rotate(
            HeadLayout(base: x.view, firstColumn: 3, headStride: 70, count: 2, size: size),
            table: RotaryTable(positions: 9, frequencies: frequencies, magnitude: 1.5), windowLength: windowLength)
        for row in 0..<14 {
            for column in 0..<x.columns {
                let place = (column - 3) % 70
                guard column >= 3 && place < rotarySize else {
                    #expect(x[row, column] == before[row, column])
                    continue
                }
                let angle = Double(row % windowLength) * frequencies[place % half]
                let other = Double(before[row, place < half ? column + half : column - half])
                let turned = place < half ? -other : other
                let expected = 1.5 * (Double(before[row, column]) * cos(angle) + turned * sin(angle))
                // Cosine, sine and two products are rounded, at a scale of 1.5·√2.
                #expect(abs(Double(x[row, column]) - expected) <= 2.2 * 0x1p-23)
            }
        }
    }

    @Test func keepsTheFirstPosition() {
        let x = Matrix.random(1, 32, seed: 2)
        let before = x.part(rows: 0..<1)
        rotate(
            HeadLayout(base: x.view, headStride: 32, count: 1, size: 32),
            table: RotaryTable(positions: 1, frequencies: Array(repeating: 0.7, count: 16)), windowLength: 1)
        #expect(x.isIdentical(to: before))
    }
}
