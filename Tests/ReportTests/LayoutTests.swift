import Report
import TestSupport
import Testing

@Suite struct LayoutTests {
    @Test func labelsThatTouchAreMovedApartAsLittleAsPossible() {
        #expect(LabelLayout.spread([10, 12, 50], spacing: 10, in: 0...100) == [6, 16, 50])
        #expect(LabelLayout.spread([50, 12, 10], spacing: 10, in: 0...100) == [50, 16, 6])
        #expect(LabelLayout.spread([1, 2, 3], spacing: 10, in: 0...100) == [0, 10, 20])
        #expect(LabelLayout.spread([99, 98], spacing: 10, in: 0...100) == [100, 90])
        #expect(LabelLayout.spread([], spacing: 10, in: 0...100) == [])
    }

    @Test func noTwoLabelsTouchWhateverIsWanted() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let count = Int.random(in: 1...12, using: &generator)
            let wanted = (0..<count).map { _ in Double.random(in: -20...220, using: &generator) }
            let places = LabelLayout.spread(wanted, spacing: 15, in: 0...200)
            let sorted = places.sorted()
            #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $1 - $0 > 15 - 1e-6 })
            #expect(places.allSatisfy { (0...200).contains($0) })
            let order = wanted.indices.sorted { wanted[$0] < wanted[$1] }
            #expect(order.map { places[$0] } == sorted)
        }
    }

    @Test(
        arguments: [
            (2e5...2e7, [3e5, 1e6, 3e6, 1e7]), (1e-4...2, [1e-4, 1e-3, 1e-2, 0.1, 1]), (1.5...7, [2, 5]),
        ] as [(ClosedRange<Double>, [Double])])
    func axesAreLabelledAtPowersOfTenOrWhatIsNearest(domain: ClosedRange<Double>, labels: [Double]) {
        let axis = LogAxis(domain: domain, start: 0, end: 100)
        let major = axis.ticks.filter(\.isMajor).map(\.value)
        #expect(labels.allSatisfy(major.contains))
        #expect(axis.ticks.allSatisfy { domain.contains($0.value) })
        #expect(abs(axis.position(domain.lowerBound)) < 1e-9 && abs(axis.position(domain.upperBound) - 100) < 1e-9)
    }

    @Test func aDomainHoldsItsPositiveValuesAndIsNeverEmpty() {
        #expect(LogAxis.domain(of: [-1, 0, .nan], margin: 1.5) == 0.01...1)
        let one = LogAxis.domain(of: [3], margin: 1.1)
        #expect(one.lowerBound < 3 && one.upperBound > 3 && one.upperBound / one.lowerBound >= 3.9)
    }
}
