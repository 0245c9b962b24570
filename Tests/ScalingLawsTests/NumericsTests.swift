import Mathematics
import ScalingLaws
import Testing

@Suite struct NumericsTests {
    /// Golden values of SCIENCE's table: optimal uniform mid-rise quantizers on N(0, 1).
    @Test(arguments: [
        (1.0, 0.363380227632), (2, 0.118846050384), (3, 0.0374396593915), (4, 0.0115428844314), (5, 0.00349521136),
        (6, 0.00104004541), (8, 8.76861858e-5),
    ])
    func uniformQuantizersOnTheNormalDistribution(bits: Double, error: Double) {
        #expect(abs(GaussianError.uniform(bits: bits) / error - 1) < 2e-9)
    }

    @Test func twoEvenLevelsAreTheOneBitQuantizer() {
        #expect(abs(GaussianError.least(levels: [-3, 3]) - (1 - 2 / Double.pi)) < 1e-12)
        #expect(abs(GaussianError.least(levels: [-3, -1, 1, 3]) - GaussianError.uniform(bits: 2)) < 1e-9)
    }

    /// Made with SciPy: scipy.stats.t.ppf, scipy.stats.norm.ppf.
    @Test(arguments: [
        (0.975, 1.0, 12.706204736174694), (0.975, 2.5, 3.5746548420036817), (0.975, 10, 2.2281388519649385),
        (0.975, 100, 1.9839715185235518), (0.9, 3, 1.637744353696209), (0.025, 5, -2.5705818356363155),
    ])
    func studentQuantiles(p: Double, degrees: Double, expected: Double) {
        #expect(abs(StudentT.quantile(p, degrees: degrees) - expected) < 2e-6 * abs(expected))
    }

    @Test(arguments: [
        (0.5, 0.0), (0.975, 1.959963984540054), (0.001, -3.090232306167814), (1e-10, -6.361340902404056),
    ])
    func normalQuantiles(p: Double, expected: Double) {
        #expect(abs(Normal.quantile(p) - expected) < 1e-8)
        #expect(abs(Normal.cumulative(Normal.quantile(p)) / p - 1) < 1e-7)
    }

    /// The minimiser satisfies the conditions of Karush, Kuhn and Tucker on random boxes.
    @Test func boxQuadraticsAreOptimal() throws {
        var random = Random(state: 11)
        for _ in 0..<500 {
            let size = 1 + Int(random.uniform() * 7)
            let root = (0..<size * size).map { _ in random.normal() }
            var hessian = [Double](repeating: 0, count: size * size)
            for i in 0..<size {
                for j in 0..<size {
                    for k in 0..<size { hessian[i * size + j] += root[i * size + k] * root[j * size + k] }
                }
                hessian[i * size + i] += 0.01
            }
            let gradient = (0..<size).map { _ in random.normal() * 3 }
            let low = (0..<size).map { _ in random.uniform() < 0.3 ? 0 : -random.uniform() }
            let high = (0..<size).map { _ in random.uniform() < 0.3 ? Double.infinity : random.uniform() }
            let found = BoxQuadratic(hessian: hessian, gradient: gradient, low: low, high: high).minimizer()
            let x = try #require(found)
            for i in 0..<size {
                let slope = gradient[i] + (0..<size).reduce(0.0) { $0 + hessian[i * size + $1] * x[$1] }
                #expect(x[i] >= low[i] && x[i] <= high[i])
                if x[i] > low[i] { #expect(slope < 1e-8) }
                if x[i] < high[i] { #expect(slope > -1e-8) }
            }
        }
    }
}
