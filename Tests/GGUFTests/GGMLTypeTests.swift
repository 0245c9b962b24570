import GGUF
import Testing

@Suite struct GGMLTypeTests {
    @Test func numbersAndNamesAreUnique() {
        #expect(Set(GGMLType.all.map(\.id)).count == GGMLType.all.count)
        #expect(Set(GGMLType.all.map(\.spelling)).count == GGMLType.all.count)
    }

    @Test func namesAreReadInAnyCase() {
        #expect(GGMLType(spelling: "Q8_0")?.name == "q8_0")
        #expect(GGMLType(spelling: "q9_0") == nil)
        #expect(GGMLType(id: 8)?.name == "q8_0")
        #expect(GGMLType(id: 4) == nil)
    }
}
